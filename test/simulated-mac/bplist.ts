/** Writes binary property lists (bplist00), as `message_summary_info` holds them. */

/** A number that is written as a real: dates in a summary are seconds with a fraction. */
export class Real {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
type Node = string | number | boolean | Buffer | Real | readonly Node[] | { readonly [key: string]: Node };

function marker(kind: number, count: number): Buffer {
  if (count < 15) return Buffer.from([(kind << 4) | count]);
  if (count < 0x100) return Buffer.from([(kind << 4) | 0xf, 0x10, count]);
  return Buffer.from([(kind << 4) | 0xf, 0x11, count >> 8, count & 0xff]);
}

function integer(value: number): Buffer {
  const bytes = value < 0x100 ? 1 : value < 0x10000 ? 2 : 4;
  const body = Buffer.alloc(bytes);
  body.writeUIntBE(value, 0, bytes);
  return Buffer.concat([Buffer.from([0x10 | Math.log2(bytes)]), body]);
}

function scalar(node: Node): Buffer | undefined {
  if (typeof node === 'boolean') return Buffer.from([node ? 0x09 : 0x08]);
  if (typeof node === 'number') return integer(node);
  if (Buffer.isBuffer(node)) return Buffer.concat([marker(4, node.length), node]);
  if (node instanceof Real) {
    const body = Buffer.alloc(9);
    body[0] = 0x23;
    body.writeDoubleBE(node.value, 1);
    return body;
  }
  if (typeof node !== 'string') return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII strings have their own kind.
  if (/^[\x00-\x7f]*$/.test(node)) return Buffer.concat([marker(5, node.length), Buffer.from(node, 'ascii')]);
  return Buffer.concat([marker(6, node.length), Buffer.from(node, 'utf16le').swap16()]);
}

/** Encodes a value; objects are numbered in the order they are met and referred to by two-byte numbers. */
export function encodeBplist(root: Node): Buffer {
  const objects: Buffer[] = [];
  const refs = (numbers: number[]): Buffer => {
    const body = Buffer.alloc(numbers.length * 2);
    numbers.forEach((number, index) => {
      body.writeUInt16BE(number, index * 2);
    });
    return body;
  };
  const add = (node: Node): number => {
    const index = objects.push(Buffer.alloc(0)) - 1;
    const plain = scalar(node);
    if (plain !== undefined) objects[index] = plain;
    else if (Array.isArray(node))
      objects[index] = Buffer.concat([marker(10, node.length), refs(node.map(add))]);
    else {
      const entries = Object.entries(node as { readonly [key: string]: Node });
      const keys = entries.map(([key]) => add(key));
      const values = entries.map(([, value]) => add(value));
      objects[index] = Buffer.concat([marker(13, entries.length), refs([...keys, ...values])]);
    }
    return index;
  };
  add(root);
  const offsets: number[] = [];
  let at = 8;
  for (const object of objects) {
    offsets.push(at);
    at += object.length;
  }
  const table = Buffer.alloc(offsets.length * 4);
  offsets.forEach((offset, index) => {
    table.writeUInt32BE(offset, index * 4);
  });
  const trailer = Buffer.alloc(32);
  trailer[6] = 4;
  trailer[7] = 2;
  trailer.writeBigUInt64BE(BigInt(objects.length), 8);
  trailer.writeBigUInt64BE(BigInt(at), 24);
  return Buffer.concat([Buffer.from('bplist00'), ...objects, table, trailer]);
}
