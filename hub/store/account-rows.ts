import type { GeneratedAlways } from 'kysely';
import type { Role } from './accounts.ts';

/** The part of the schema about the people who use the panel. */
export interface AccountTables {
  users: UserRow;
  accounts: AccountRow;
  sessions: SessionRow;
  two_factors: { id: string; user_id: string };
  verifications: { id: string; value: string; expires_at: number };
  setup_links: SetupLinkRow;
  user_workspaces: { user_id: string; location_id: string };
  user_devices: { user_id: string; device_id: string };
}

/** Somebody who may sign in, or is invited to. The sign-in library knows the columns that are its own. */
export interface UserRow {
  seq: GeneratedAlways<number>;
  id: string;
  name: string;
  email: string;
  email_verified: number;
  role: Role;
  device_allowance: number | null;
  two_factor_enabled: number;
  disabled: number;
  /** When a password was first chosen. */
  joined_at: number | null;
  last_login_at: number | null;
  created_at: number;
  updated_at: number;
}

/** A way to sign in: the sign-in library's, of provider `credential`. */
interface AccountRow {
  id: string;
  user_id: string;
  account_id: string;
  provider_id: string;
  password: string | null;
  created_at: number;
  updated_at: number;
}

/** The sign-in library's; `id` is not what the cookie holds. */
interface SessionRow {
  id: string;
  user_id: string;
  expires_at: number;
}

interface SetupLinkRow {
  code_hash: string;
  user_id: string | null;
  created_at: number;
  expires_at: number;
  used_at: number | null;
}
