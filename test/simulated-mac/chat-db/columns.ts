/**
 * The columns of Apple's chat.db per macOS version, as facts: names, order, types, defaults.
 *
 * Notation of one column: `name` is TEXT, `name:int` INTEGER, `name:int0` INTEGER DEFAULT 0, `name:blob` BLOB,
 * `name:blobnull` and `name:textnull` spell out DEFAULT NULL; `!` after the name is NOT NULL. `ROWID` is the key.
 * An "-upgraded" database was carried over from an older Mac: it keeps `sr_ck_*` columns and another order.
 */

export const MACOS_VERSIONS = [
  'monterey-12',
  'ventura-13',
  'sonoma-14',
  'sonoma-14-upgraded',
  'sequoia-15',
  'sequoia-15-upgraded',
  'tahoe-26',
  'macos-27',
] as const;

export type MacosVersion = (typeof MACOS_VERSIONS)[number];

/** The number in the version's name: 12 … 27. */
export function majorOf(version: MacosVersion): number {
  return Number(version.split('-')[1]);
}

const messageHead = `ROWID guid! text replace:int0 service_center handle_id:int0 subject country attributedBody:blob
  version:int0 type:int0 service account account_guid error:int0 date:int date_read:int date_delivered:int
  is_delivered:int0 is_finished:int0 is_emote:int0 is_from_me:int0 is_empty:int0 is_delayed:int0 is_auto_reply:int0
  is_prepared:int0 is_read:int0 is_system_message:int0 is_sent:int0 has_dd_results:int0 is_service_message:int0
  is_forward:int0 was_downgraded:int0 is_archive:int0 cache_has_attachments:int0 cache_roomnames
  was_data_detected:int0 was_deduplicated:int0 is_audio_message:int0 is_played:int0 date_played:int item_type:int0
  other_handle:int0 group_title group_action_type:int0 share_status:int0 share_direction:int0 is_expirable:int0
  expire_state:int0 message_action_type:int0 message_source:int0 associated_message_guid
  associated_message_type:int0 balloon_bundle_id payload_data:blob expressive_send_style_id
  associated_message_range_location:int0 associated_message_range_length:int0 time_expressive_send_played:int
  message_summary_info:blob ck_sync_state:int0 ck_record_id ck_record_change_tag destination_caller_id`;
const messageSr = 'sr_ck_sync_state:int0 sr_ck_record_id sr_ck_record_change_tag';
const messageThread = `is_corrupt:int0 reply_to_guid sort_id:int is_spam:int0 has_unseen_mention:int0
  thread_originator_guid thread_originator_part`;
const messageQuiet = 'was_delivered_quietly:int0 did_notify_recipient:int0';
const messageTail12 = `syndication_ranges synced_syndication_ranges ${messageQuiet}`;
const edits = 'date_retracted:int date_edited:int was_detonated:int0 part_count:int';
const edits0 = 'date_retracted:int0 date_edited:int0 was_detonated:int0 part_count:int';
const stewie = 'is_stewie:int0 is_sos:int0 is_critical:int0';
const later = `is_pending_satellite_send:int0 needs_relay:int0 schedule_type:int0 schedule_state:int0
  sent_or_received_off_grid:int0`;
const upgradedTail = `syndication_ranges:textnull ${messageQuiet} synced_syndication_ranges:textnull ${edits0}`;
const plainHead = `${messageHead} ${messageThread} ${messageTail12}`;
const upgradedHead = `${messageHead} ${messageSr} ${messageThread} ${upgradedTail}`;
const message14 = `${plainHead} ${edits} ${stewie} bia_reference_id is_kt_verified:int0 fallback_hash`;
const message15 = `${plainHead} ${edits0} ${stewie} bia_reference_id:textnull is_kt_verified:int0
  fallback_hash:textnull associated_message_emoji:textnull ${later} date_recovered:int0`;
const message26 = 'is_time_sensitive:int0 ck_chat_id index_state:int0';

const message: Record<MacosVersion, string> = {
  'monterey-12': plainHead,
  'ventura-13': `${plainHead} ${edits}`,
  'sonoma-14': message14,
  'sonoma-14-upgraded': `${upgradedHead} is_stewie:int0 is_kt_verified:int0 is_sos:int0 is_critical:int0
    bia_reference_id:textnull fallback_hash:textnull`,
  'sequoia-15': message15,
  'sequoia-15-upgraded': `${upgradedHead} ${stewie} bia_reference_id:textnull is_kt_verified:int0
    fallback_hash:textnull associated_message_emoji:textnull ${later}`,
  'tahoe-26': `${message15} ${message26}`,
  'macos-27': `${message14} associated_message_emoji ${later} date_recovered:int0 ${message26} filter_action:int0
    filter_sub_action:int0 is_preview_sent:int0 is_preview_delivered:int0 date_preview_sent:int
    date_preview_delivered:int date_updated:int retry_count:int`,
};

const chatHead = `ROWID guid! style:int state:int account_id properties:blob chat_identifier service_name room_name
  account_login is_archived:int0 last_addressed_handle display_name group_id`;
const chatMiddle = 'successful_query:int engram_id server_change_token ck_sync_state:int0 original_group_id';
const chatTail = `last_addressed_sim_id is_blackholed:int0 syndication_date:int0 syndication_type:int0`;
const chatRead = 'last_read_message_timestamp:int0';
const chat12 = `${chatHead} is_filtered:int0 ${chatMiddle} ${chatRead} cloudkit_record_id ${chatTail}`;
const chat14 = 'is_recovered:int0 is_deleting_incoming_messages:int0';
const chatUpgraded = `${chatHead} is_filtered:int ${chatMiddle} ${chatRead} sr_server_change_token
  sr_ck_sync_state:int0 cloudkit_record_id sr_cloudkit_record_id ${chatTail} ${chat14}`;

const attachmentHead = `ROWID guid! created_date:int0 start_date:int0 filename uti mime_type transfer_state:int0
  is_outgoing:int0 user_info:blob transfer_name total_bytes:int0 is_sticker:int0 sticker_user_info:blob
  attribution_info:blob hide_attachment:int0 ck_sync_state:int0 ck_server_change_token_blob:blob ck_record_id
  original_guid!`;
const attachmentSr = 'sr_ck_sync_state:int0 sr_ck_server_change_token_blob:blob sr_ck_record_id';
const attachment12 = `${attachmentHead} is_commsafety_sensitive:int0`;
const emojiImage = 'emoji_image_content_identifier:textnull emoji_image_short_description:textnull';
const attachment15 = `${attachment12} ${emojiImage} preview_generation_state:int0`;
const attachmentUpgraded = `${attachmentHead} ${attachmentSr} is_commsafety_sensitive:int0`;

const cmj = 'chat_id:int message_id:int message_date:int0';
const syncDeleted = 'ROWID guid! recordID';
const recoverableJoin = 'chat_id:int message_id:int delete_date:int ck_sync_state:int0';
const recoverablePart =
  'chat_id:int message_id:int part_index:int delete_date:int part_text!:blob ck_sync_state:int0';

/** The tables that every Messages has; where a version's own listing lacks one, its neighbour's form is used. */
function mainTables(version: MacosVersion): Record<string, string> {
  const major = majorOf(version);
  const upgraded = version.endsWith('-upgraded');
  const chatNew = major >= 26 ? `${chat12} ${chat14} is_pending_review:int0` : `${chat12} ${chat14}`;
  const attachmentPlain = major >= 15 ? attachment15 : attachment12;
  const attachmentOld = major >= 15 ? `${attachmentUpgraded} ${emojiImage}` : attachmentUpgraded;
  const attachment27 = `${attachment12} emoji_image_content_identifier emoji_image_short_description
    preview_generation_state:int0 preflight_info:blobnull sensitivity_analysis:int0`;
  const indexState = major >= 26 ? ' index_state!:int0' : '';
  const filter = major >= 27 ? ' filter_action!:int0 filter_sub_action!:int0' : '';
  return {
    attachment: major >= 27 ? attachment27 : upgraded ? attachmentOld : attachmentPlain,
    chat: upgraded ? chatUpgraded : major < 14 ? chat12 : chatNew,
    chat_handle_join: 'chat_id:int handle_id:int',
    chat_message_join: `${cmj}${indexState}${filter}`,
    handle: 'ROWID id! country service! uncanonicalized_id person_centric_id',
    message: message[version],
    message_attachment_join: 'message_id:int attachment_id:int',
  };
}

/** The other tables, only where a listing of that version shows them. */
function sideTables(version: MacosVersion): Record<string, string> {
  const deleted = { deleted_messages: 'ROWID guid!' };
  const task = { message_processing_task: 'ROWID guid! task_flags!:int' };
  const full12 = {
    _SqliteDatabaseProperties: 'key value',
    ...deleted,
    kvtable: 'ROWID key! value!:blob',
    ...task,
    sync_deleted_attachments: syncDeleted,
    sync_deleted_chats: `${syncDeleted} timestamp:int`,
    sync_deleted_messages: syncDeleted,
  };
  const part = { recoverable_message_part: recoverablePart };
  const full13 = {
    ...full12,
    ...part,
    chat_recoverable_message_join: recoverableJoin,
    unsynced_removed_recoverable_messages: 'ROWID chat_guid! message_guid! part_index:int',
  };
  const known: Record<MacosVersion, Record<string, string>> = {
    'monterey-12': full12,
    'ventura-13': full13,
    'sonoma-14': {},
    'sonoma-14-upgraded': { ...deleted, ...task, ...part },
    'sequoia-15': { ...full13, scheduled_messages_pending_cloudkit_delete: syncDeleted },
    'sequoia-15-upgraded': { ...deleted, ...part },
    'tahoe-26': {},
    'macos-27': {
      chat_lookup: 'identifier! domain! chat!:int priority:int0',
      chat_recoverable_message_join: recoverableJoin,
      chat_service: 'service! chat!:int',
      ...part,
    },
  };
  return known[version];
}

/** Every table of a version, in the notation above. */
export function tablesOf(version: MacosVersion): Record<string, string> {
  return { ...mainTables(version), ...sideTables(version) };
}
