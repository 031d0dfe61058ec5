import type { Page, PageRequest } from './records.ts';

export type Role = 'admin' | 'user';

export interface User {
  id: string;
  name: string;
  /** Lower case. */
  email: string;
  role: Role;
  disabled: boolean;
  /** Has chosen a password, so can sign in. */
  joined: boolean;
  two_factor_enabled: boolean;
  /** Devices that they may enrol; null for no limit. */
  device_allowance: number | null;
  devices_enrolled: number;
  /** location_ids of the workspaces given to them, which means something for role `user` alone. */
  workspaces: string[];
  /** Ids of the devices given to them; those that they enrolled are theirs besides. */
  devices: string[];
  last_login_at: number | null;
  created_at: number;
}

export type NewUser = Pick<
  User,
  'id' | 'name' | 'email' | 'role' | 'device_allowance' | 'workspaces' | 'devices'
>;
export type UserChanges = Partial<
  Pick<User, 'name' | 'email' | 'role' | 'disabled' | 'device_allowance' | 'workspaces' | 'devices'>
> & { two_factor_enabled?: false };

/** What one user may see. */
export interface Access {
  user: User;
  /** Ids of the devices given to them, and of those that they enrolled. */
  devices: string[];
}

/** A one-time link: with `user_id` it lets that user choose a password, without it makes an admin. */
export interface SetupLink {
  /** SHA-256 of its code, hex. */
  code_hash: string;
  user_id: string | null;
  created_at: number;
  expires_at: number;
}

/** A link as it stands: `user` is whose it is. */
export interface FoundLink extends SetupLink {
  used_at: number | null;
  user: User | undefined;
}

export interface LinkUse {
  code_hash: string;
  /** Of a link that makes an admin: who it is. */
  admin?: { id: string; name: string; email: string };
  /** As the sign-in library hashed it. */
  password: string;
}

export type LinkOutcome = { kind: 'used'; user: User } | { kind: 'gone' } | { kind: 'email_taken' };

/** `unknown` names what `field` gives and there is not. */
export type UserOutcome =
  | { kind: 'done'; user: User }
  | { kind: 'not_found' }
  | { kind: 'email_taken' }
  | { kind: 'last_admin' }
  | { kind: 'unknown'; field: 'workspaces' | 'devices'; index: number };

export interface AccountStore {
  /** Whether anybody can sign in. */
  hasUsers(): Promise<boolean>;
  /** Ends what links the user had before. */
  createSetupLink(link: SetupLink): Promise<void>;
  findSetupLink(codeHash: string): Promise<FoundLink | undefined>;
  /** Uses a link up, once: sets the user's password and ends their sessions, or makes an admin. */
  useSetupLink(use: LinkUse, now: number): Promise<LinkOutcome>;
  /** With the link by which they join. */
  createUser(user: NewUser, link: Omit<SetupLink, 'user_id'>, now: number): Promise<UserOutcome>;
  /** Disabling ends the user's sessions and links. The last admin who can sign in stays one. */
  updateUser(id: string, changes: UserChanges, now: number): Promise<UserOutcome>;
  deleteUser(id: string): Promise<UserOutcome>;
  listUsers(page: PageRequest): Promise<Page<User>>;
  findUser(id: string): Promise<User | undefined>;
  findUserByEmail(email: string): Promise<User | undefined>;
  readAccess(id: string): Promise<Access | undefined>;
  /** Also clears away sessions and links that are over. */
  recordLogin(id: string, now: number): Promise<void>;
  /** Of these sessions those that are still open, by their ids. */
  listOpenSessions(ids: string[], now: number): Promise<string[]>;
}

/** Whoever enrols a device has enrolled as many as they may. */
export class AllowanceError extends Error {
  override readonly name = 'AllowanceError';
  readonly allowance: number;

  constructor(allowance: number) {
    super(`No more than ${allowance} devices may be enrolled.`);
    this.allowance = allowance;
  }
}
