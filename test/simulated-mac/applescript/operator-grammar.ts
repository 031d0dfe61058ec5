import type { BinaryOperator } from './syntax.ts';

/** The operators by binding strength, weakest first, as the AppleScript Language Guide ranks them. */

type Operators = readonly (readonly [spelling: string, operator: BinaryOperator, negated?: boolean])[];

const COMPARISONS: Operators = [
  ['is not contained by', 'is in', true],
  ['is not in', 'is in', true],
  ["isn't contained by", 'is in', true],
  ['is contained by', 'is in'],
  ['is in', 'is in'],
  ['is not greater than or equal to', '<'],
  ['is not less than or equal to', '>'],
  ['is greater than or equal to', '≥'],
  ['is less than or equal to', '≤'],
  ['is not greater than', '≤'],
  ['is not less than', '≥'],
  ['is greater than', '>'],
  ['is less than', '<'],
  ['is not equal to', '≠'],
  ['does not equal', '≠'],
  ['is equal to', '='],
  ['comes before', '<'],
  ['comes after', '>'],
  ['is not', '≠'],
  ['equals', '='],
  ['equal to', '='],
  ['does not contain', 'contains', true],
  ['contains', 'contains'],
  ['does not start with', 'starts with', true],
  ['starts with', 'starts with'],
  ['begins with', 'starts with'],
  ['does not end with', 'ends with', true],
  ['ends with', 'ends with'],
  ['is', '='],
];

export const LEVELS: readonly Operators[] = [
  [['or', 'or']],
  [['and', 'and']],
  COMPARISONS,
  [],
  [['&', '&']],
  [
    ['+', '+'],
    ['-', '-'],
  ],
  [
    ['*', '*'],
    ['/', '/'],
    ['÷', '/'],
    ['div', 'div'],
    ['mod', 'mod'],
  ],
  [['^', '^']],
];
export const COMPARISON_LEVEL = 2;
export const COERCION_LEVEL = 3;
export const CONCATENATION_LEVEL = 4;
export const RELATIONS: readonly BinaryOperator[] = ['=', '≠', '<', '>', '≤', '≥'];
