/** Whether an address in the text leads nowhere but to the machine that it is opened on. */
export function isLocal(text: string): boolean {
  return /\bhttp:\/\/(localhost|127\.0\.0\.1)(:|\/|\s|$)/.test(text);
}
