/** Text as every database can hold it: NUL and halves of surrogate pairs, which no UTF-8 text has, become U+FFFD. */
export function readable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
