/** Words that mean something to the compiler. An application's dictionary adds its own inside a `tell` to it. */

export interface Terminology {
  /** Spelling (lower case, may be several words) → class name. */
  readonly classes: Readonly<Record<string, string>>;
  readonly plurals: Readonly<Record<string, string>>;
  readonly properties: readonly string[];
  /** Lower case → the constant's own spelling. */
  readonly constants: Readonly<Record<string, string>>;
  /** Command → the labels of its parameters. */
  readonly commands: Readonly<Record<string, readonly string[]>>;
}

export const CORE_TERMS: Terminology = {
  classes: {
    item: 'item',
    'text item': 'text item',
    paragraph: 'paragraph',
    word: 'word',
    character: 'character',
    text: 'text',
  },
  plurals: {
    items: 'item',
    'text items': 'text item',
    paragraphs: 'paragraph',
    words: 'word',
    characters: 'character',
  },
  properties: [
    'text item delimiters',
    'posix path',
    'quoted form',
    'length',
    'class',
    'contents',
    'reverse',
    'rest',
  ],
  constants: {
    return: '\r',
    linefeed: '\n',
    tab: '\t',
    space: ' ',
    quote: '"',
  },
  commands: {
    read: ['from', 'for', 'to', 'before', 'until', 'using delimiter', 'using delimiters', 'as'],
    'do shell script': ['as', 'without altering line endings'],
    'system attribute': [],
    delay: [],
    log: [],
    launch: [],
    activate: [],
    quit: [],
    run: [],
    reopen: [],
    count: ['each'],
    get: [],
    exists: [],
    offset: ['in'],
  },
};

/** Properties that need `of` (or an application around them) to be read as one: too common as variable names. */
export const SHY_PROPERTIES: readonly string[] = ['id', 'name', 'version', 'running'];

/** Words that end an expression or can never name a variable. */
export const RESERVED: ReadonlySet<string> = new Set(
  `about above after against and apart around as aside at back before beginning behind below beneath beside between
  but by considering contain contains contents copy div does eighth else end equal equals error every exit false
  fifth first for fourth from front get given global if ignoring in instead into is it its last local me
  middle mod my ninth not of on onto or out over prop property put ref reference repeat return returning script
  second set seventh since sixth some tell tenth that the then third through thru timeout times to transaction
  true try until where while whose with without`.split(/\s+/),
);

export const ORDINALS: Readonly<Record<string, number>> = {
  first: 1,
  second: 2,
  third: 3,
  fourth: 4,
  fifth: 5,
  sixth: 6,
  seventh: 7,
  eighth: 8,
  ninth: 9,
  tenth: 10,
  last: -1,
  front: 1,
  back: -1,
};

/** `as …`: spelling → canonical class. */
export const COERCIONS: Readonly<Record<string, string>> = {
  text: 'text',
  string: 'text',
  'unicode text': 'text',
  integer: 'integer',
  real: 'real',
  number: 'number',
  list: 'list',
  boolean: 'boolean',
  record: 'record',
  alias: 'alias',
  file: 'file',
  'posix file': 'file',
};

/** Four-letter codes that scripts write as «class …». */
export const RAW_CLASSES: Readonly<Record<string, string>> = {
  utf8: 'utf8',
  ut16: 'utf16',
  utxt: 'text',
  ctxt: 'text',
  text: 'text',
  furl: 'file',
  alis: 'alias',
  list: 'list',
  long: 'integer',
  bool: 'boolean',
};
