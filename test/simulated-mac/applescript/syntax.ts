import type { Range } from './script-error.ts';

/** The syntax tree. Every node keeps its range, for the positions in error messages. */

export type Expr = Range &
  (
    | { readonly type: 'literal'; readonly value: string | number | boolean }
    | { readonly type: 'constant'; readonly name: string }
    | { readonly type: 'class'; readonly name: string }
    | { readonly type: 'list'; readonly items: readonly Expr[] }
    | { readonly type: 'record'; readonly fields: readonly (readonly [string, Expr])[] }
    | { readonly type: 'variable'; readonly name: string; readonly spelling: string }
    | { readonly type: 'it' | 'me' | 'result' | 'applescript' | 'current-application' }
    | { readonly type: 'application'; readonly name: Expr; readonly byId: boolean }
    | { readonly type: 'property'; readonly name: string; readonly of: Expr | undefined }
    | ElementExpr
    | { readonly type: 'unary'; readonly operator: '-' | 'not'; readonly operand: Expr }
    | {
        readonly type: 'binary';
        readonly operator: BinaryOperator;
        readonly left: Expr;
        readonly right: Expr;
      }
    | { readonly type: 'coerce'; readonly operand: Expr; readonly to: string }
    | { readonly type: 'call'; readonly name: string; readonly args: readonly Expr[]; readonly toMe: boolean }
    | CommandExpr
  );

export type BinaryOperator =
  | '&'
  | '+'
  | '-'
  | '*'
  | '/'
  | 'div'
  | 'mod'
  | '^'
  | '='
  | '≠'
  | '<'
  | '>'
  | '≤'
  | '≥'
  | 'and'
  | 'or'
  | 'contains'
  | 'is in'
  | 'starts with'
  | 'ends with';

/** `item 2 of x`, `every account whose …`, `chat id "…"`: an element of a container, picked by a form. */
export interface ElementExpr extends Range {
  readonly type: 'element';
  readonly kind: string;
  readonly pick: Pick;
  readonly where: Expr | undefined;
  readonly of: Expr | undefined;
}

export type Pick =
  | { readonly by: 'every' }
  | { readonly by: 'some' | 'middle' }
  | { readonly by: 'index'; readonly index: Expr }
  | { readonly by: 'id'; readonly id: Expr }
  | { readonly by: 'name'; readonly name: Expr }
  | { readonly by: 'range'; readonly from: Expr; readonly to: Expr };

/** A command with a direct parameter and labelled ones: `send x to y`, `read f as «class utf8»`. */
export interface CommandExpr extends Range {
  readonly type: 'command';
  readonly name: string;
  readonly direct: Expr | undefined;
  readonly labelled: Readonly<Record<string, Expr>>;
}

export type Pattern =
  | { readonly type: 'name'; readonly name: string; readonly spelling: string }
  | { readonly type: 'list'; readonly items: readonly Pattern[] }
  | { readonly type: 'reference'; readonly target: Expr }
  | { readonly type: 'insertion'; readonly atEnd: boolean; readonly list: Expr };

export type Block = readonly Stmt[];

export type Stmt = Range &
  (
    | { readonly type: 'expression'; readonly value: Expr }
    | { readonly type: 'assign'; readonly to: Pattern; readonly value: Expr }
    | { readonly type: 'if'; readonly arms: readonly (readonly [Expr, Block])[]; readonly otherwise: Block }
    | { readonly type: 'try'; readonly body: Block; readonly handler: ErrorHandler | undefined }
    | { readonly type: 'repeat'; readonly loop: Loop; readonly body: Block }
    | { readonly type: 'tell'; readonly target: Expr; readonly body: Block }
    | { readonly type: 'timeout'; readonly seconds: Expr; readonly body: Block }
    | {
        readonly type: 'attributes';
        readonly considering: boolean;
        readonly names: readonly string[];
        readonly body: Block;
      }
    | { readonly type: 'block'; readonly body: Block }
    | { readonly type: 'return'; readonly value: Expr | undefined }
    | { readonly type: 'error'; readonly message: Expr | undefined; readonly number: Expr | undefined }
    | { readonly type: 'exit' }
    | { readonly type: 'declare'; readonly global: boolean; readonly names: readonly string[] }
  );

export interface ErrorHandler {
  readonly message: string | undefined;
  readonly number: string | undefined;
  readonly body: Block;
}

export type Loop =
  | { readonly kind: 'forever' }
  | { readonly kind: 'times'; readonly count: Expr }
  | { readonly kind: 'while' | 'until'; readonly condition: Expr }
  | {
      readonly kind: 'count';
      readonly name: string;
      readonly from: Expr;
      readonly to: Expr;
      readonly by: Expr | undefined;
    }
  | { readonly kind: 'each'; readonly name: string; readonly list: Expr };

export interface Handler {
  readonly name: string;
  readonly params: readonly Pattern[];
  readonly body: Block;
}

export interface Script {
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly properties: readonly (readonly [string, Expr])[];
  readonly body: Block;
}
