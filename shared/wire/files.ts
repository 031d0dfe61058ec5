import { z } from 'zod';

/** Largest file that is carried, either way. */
export const MAX_FILE_BYTES = 100 * 1024 * 1024;

/** A file's content by its SHA-256, with what people see of it. Neither name nor type is to be trusted. */
export const fileSchema = z.object({
  /** 64 lower-case hex digits. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string().min(1).max(255),
  mime_type: z.string().min(1).max(255),
  size: z.int().nonnegative(),
});
export type WireFile = z.infer<typeof fileSchema>;

/** Stands where a file should be that could not be had. */
export const missingFileSchema = z.object({
  name: z.string().max(255),
  unavailable: z.literal('attachment_unavailable'),
});

/**
 * Files travel beside the socket, by HTTP with `Authorization: Bearer <device token>`, named by their SHA-256:
 *
 *     GET   → 200, or 206 for a `Range`
 *     HEAD  → 200 when the hub has it whole; else 404 with `Upload-Offset`: how many bytes it has
 *     PATCH → appends the body at `Upload-Offset` of `Upload-Length` bytes: 204 with the new `Upload-Offset`,
 *             409 with the right one when it does not fit, 422 when the whole does not have this SHA-256 (it is
 *             dropped), 413 beyond MAX_FILE_BYTES
 */
export function filePath(sha256: string): string {
  return `/devices/files/${sha256}`;
}
