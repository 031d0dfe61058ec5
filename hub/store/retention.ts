/** A walk along the oldest rows of a table, some at a time. */
export interface Walk {
  /** What last changed before then is old. Epoch milliseconds. */
  before: number;
  /** The rows after this place: 0 at the beginning of a walk, then what the step before answered. */
  after: number;
  /** Removes at most so many rows, of all tables together; looks at no more than a few times as many. */
  limit: number;
}

/** `next`: where to go on; undefined when nothing old lies ahead. */
export interface Walked {
  removed: number;
  next: number | undefined;
}

/** A place in what belonged to a deleted workspace. */
export interface PurgePlace {
  location_id: string;
  seq: number;
}

/** What the hub no longer keeps. Each step is short and bounded, and may be undone by a power failure: it comes again. */
export interface RetentionStore {
  /**
   * Removes messages that have ended, with their timelines and what is known of their files. One that an event yet to be
   * delivered is about stays.
   */
  forgetMessages(walk: Walk): Promise<Walked>;
  /** Removes deliveries that are not pending, with their attempts. */
  forgetDeliveries(walk: Walk): Promise<Walked>;
  /**
   * Removes what only told repetitions apart or was set aside before `before`, journals that another took the place of, and
   * enrollments that have expired; how many.
   */
  forgetReports(request: Pick<Walk, 'before' | 'limit'>, now: number): Promise<number>;
  /** Removes something of what deleted workspaces left; `next` is where to go on, undefined when nothing is left. */
  purgeDeleted(
    request: { after: PurgePlace | undefined; limit: number },
    now: number,
  ): Promise<{ removed: number; next: PurgePlace | undefined }>;
}
