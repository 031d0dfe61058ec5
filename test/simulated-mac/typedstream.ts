/**
 * Writes `attributedBody` blobs: NSAttributedString archives in the typedstream format ("streamtyped", version 4,
 * little-endian), laid out as Messages lays them out.
 *
 * The archiver shares what it has written: type strings and class names are one numbered series, objects (and the
 * classes in front of them) another; a later use is a single label, 0x92 plus its number. Values above 0x7f are
 * marked: 0x81 + int16, 0x82 + int32, both little-endian.
 */

const NEW = 0x84;
const NIL = 0x85;
const END_OF_OBJECT = 0x86;
const FIRST_LABEL = 0x92;

/** U+FFFC stands in the text for a file or another embedded part. */
export const OBJECT_REPLACEMENT = '\uFFFC';

type Attribute = number | string;

/** A stretch of the text, `length` UTF-16 units long, with its attributes. */
interface AttributeRun {
  readonly length: number;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** `mutable` picks NSMutableAttributedString, as composed on this Mac; received bodies use NSAttributedString. */
export interface BodyOptions {
  readonly mutable?: boolean;
  /** Attachment guids, one per U+FFFC in the text, in order. */
  readonly files?: readonly string[];
}

class TypedStreamWriter {
  readonly #bytes: number[] = [];
  readonly #strings = new Map<string, number>();
  readonly #objects = new Map<string, number>();
  #objectCount = 0;

  raw(bytes: Iterable<number>): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  unsigned(value: number): void {
    if (value < 0x80) this.raw([value]);
    else if (value <= 0xffff) this.raw([0x81, value & 0xff, value >> 8]);
    else this.raw([0x82, value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff]);
  }

  /** Signed: 0x80 to 0x91 are marks, so only −128…127 outside that range fits one byte. */
  signed(value: number): void {
    if (value >= 0 && value < 0x80) this.raw([value]);
    else if (value >= -0x8000 && value < 0x8000) this.raw([0x81, value & 0xff, (value >> 8) & 0xff]);
    else this.raw([0x82, value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff]);
  }

  label(index: number): void {
    const value = FIRST_LABEL + index;
    if (value <= 0xff) this.raw([value]);
    else {
      // Labels are signed numbers counted from −110; past 127 they need the two-byte mark.
      const wide = index - 110;
      this.raw([0x81, wide & 0xff, (wide >> 8) & 0xff]);
    }
  }

  counted(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.unsigned(bytes.length);
    this.raw(bytes);
  }

  /** A type encoding or a class name: spelled out once, a label afterwards. */
  sharedString(text: string): void {
    const known = this.#strings.get(text);
    if (known !== undefined) {
      this.label(known);
      return;
    }
    this.#strings.set(text, this.#strings.size);
    this.raw([NEW]);
    this.counted(text);
  }

  /** A class with its superclasses, ending in nil; each takes a number of the object series. */
  classChain(chain: readonly (readonly [name: string, version: number])[]): void {
    for (const [name, version] of chain) {
      const known = this.#objects.get(`class ${name}`);
      if (known !== undefined) {
        this.label(known);
        return;
      }
      this.#objects.set(`class ${name}`, this.#objectCount++);
      this.raw([NEW]);
      this.sharedString(name);
      this.unsigned(version);
    }
    this.raw([NIL]);
  }

  /** An object once written is referred to by label; `key` is its identity (undefined: never shared). */
  object(key: string | undefined, chain: readonly (readonly [string, number])[], write: () => void): void {
    const known = key === undefined ? undefined : this.#objects.get(key);
    if (known !== undefined) {
      this.label(known);
      return;
    }
    this.raw([NEW]);
    const index = this.#objectCount++;
    if (key !== undefined) this.#objects.set(key, index);
    this.classChain(chain);
    write();
    this.raw([END_OF_OBJECT]);
  }

  /** The value of a `*` field: a C string, numbered among the objects, its bytes shared as a type string is. */
  cString(text: string): void {
    const known = this.#objects.get(`c ${text}`);
    if (known !== undefined) {
      this.label(known);
      return;
    }
    this.#objects.set(`c ${text}`, this.#objectCount++);
    this.raw([NEW]);
    this.sharedString(text);
  }

  toBuffer(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

const OBJECT = ['NSObject', 0] as const;
const STRING = [['NSString', 1], OBJECT] as const;
const NUMBER = [['NSNumber', 0], ['NSValue', 0], OBJECT] as const;
const DICTIONARY = [['NSDictionary', 0], OBJECT] as const;

function writeString(out: TypedStreamWriter, text: string): void {
  out.object(`string ${text}`, STRING, () => {
    out.sharedString('+');
    out.counted(text);
  });
}

function writeAttribute(out: TypedStreamWriter, value: Attribute): void {
  if (typeof value === 'string') {
    writeString(out, value);
    return;
  }
  out.object(`number ${value}`, NUMBER, () => {
    out.sharedString('*');
    out.cString('i');
    out.sharedString('i');
    out.signed(value);
  });
}

function writeRuns(out: TypedStreamWriter, runs: readonly AttributeRun[]): void {
  const numbered = new Map<string, number>();
  runs.forEach((run) => {
    const entries = Object.entries(run.attributes);
    const key = JSON.stringify(entries);
    const known = numbered.get(key);
    const index = known ?? numbered.size + 1;
    out.sharedString('iI');
    out.signed(index);
    out.unsigned(run.length);
    if (known !== undefined) return;
    numbered.set(key, index);
    out.sharedString('@');
    out.object(undefined, DICTIONARY, () => {
      out.sharedString('i');
      out.signed(entries.length);
      for (const [name, value] of entries) {
        out.sharedString('@');
        writeString(out, name);
        out.sharedString('@');
        writeAttribute(out, value);
      }
    });
  });
}

/** Encodes a text with explicit attribute runs; the runs' lengths add up to the text's UTF-16 length. */
function encodeAttributedRuns(text: string, runs: readonly AttributeRun[], mutable = false): Buffer {
  const out = new TypedStreamWriter();
  out.raw([0x04]);
  out.counted('streamtyped');
  out.raw([0x81, 0xe8, 0x03]);
  const attributed = [['NSAttributedString', 0], OBJECT] as const;
  const chain = mutable ? [['NSMutableAttributedString', 0] as const, ...attributed] : attributed;
  out.sharedString('@');
  out.object(undefined, chain, () => {
    // The archiver numbers the body string without looking for an equal earlier one: identity, not equality.
    const body = mutable ? ([['NSMutableString', 1], ...STRING] as const) : STRING;
    out.sharedString('@');
    out.object(undefined, body, () => {
      out.sharedString('+');
      out.counted(text);
    });
    writeRuns(out, runs);
  });
  return out.toBuffer();
}

/** Splits a text into the runs Messages makes: a part per stretch of text and a part per file. */
function runsOf(text: string, files: readonly string[]): AttributeRun[] {
  const pieces = text.split(/(\uFFFC)/u).filter((piece) => piece !== '');
  let file = 0;
  return pieces.map((piece, part) => {
    const guid = piece === OBJECT_REPLACEMENT ? files[file++] : undefined;
    return {
      length: piece.length,
      attributes: {
        ...(guid === undefined ? {} : { __kIMFileTransferGUIDAttributeName: guid }),
        __kIMMessagePartAttributeName: part,
      },
    };
  });
}

/** Encodes a message text as Messages stores it in `message.attributedBody`. */
export function encodeAttributedBody(text: string, options: BodyOptions = {}): Buffer {
  return encodeAttributedRuns(text, runsOf(text, options.files ?? []), options.mutable ?? false);
}
