// From IR expressions to symbolic values, in the memory of a path.

import { errnos } from '../kernel/errnos.ts';
import { errorOrNull, errorValues, related } from './intervals.ts';
import type { Expr } from './ir.ts';
import type { Store } from './store.ts';
import type { ValueId, ValueTable } from './values.ts';

/** Accessors that give their first argument on as it is. */
const identities = new Set([
  'PTR_ERR',
  'ERR_PTR',
  'ERR_CAST',
  'READ_ONCE',
  'rcu_dereference',
  'rcu_dereference_protected',
  'rcu_dereference_check',
  'rcu_dereference_raw',
  'rcu_dereference_bh',
  'rcu_access_pointer',
  'srcu_dereference',
  'u64_to_user_ptr',
]);

/** Pure functions of numbers alone: they read no memory. */
const arithmetic =
  /^(?:min|max|clamp|BIT|GENMASK|FIELD_|ALIGN|DIV_|round|swab|cpu_to|le\d|be\d|upper_|lower_|ilog2|order_base|is_power|ffs|fls|__ffs|hweight|abs|offsetof|ARRAY_SIZE|PAGE_|IS_ALIGNED|to_pci_dev|dev_is_|xa_)/;

/** Names written in capitals are constants; others name storage or functions. */
function isConstantName(name: string): boolean {
  return !/[a-z]/.test(name);
}

/** The value of a name that stands where C wants a constant: an enumerator, whatever its case. */
export function constantOf(values: ValueTable, name: string): ValueId {
  const errno = errnos[name];
  return errno === undefined ? values.name(name) : values.number(errno);
}

export function valueOf(values: ValueTable, store: Store, expr: Expr): ValueId {
  switch (expr.kind) {
    case 'integer':
      return values.number(expr.value);
    case 'string':
      return values.apply(expr.text, [], false);
    case 'global': {
      const errno = errnos[expr.name];
      if (errno !== undefined) return values.number(errno);
      if (isConstantName(expr.name)) return values.name(expr.name);
      return store.read(values, values.global(expr.name));
    }
    case 'variable': {
      const address = values.local(expr.variable);
      return expr.variable.type.includes('[') && expr.variable.kind !== 'parameter' ? address : store.read(values, address);
    }
    case 'field':
    case 'index':
    case 'deref':
      return store.read(values, addressOf(values, store, expr));
    case 'address':
      return addressOf(values, store, expr.of);
    case 'cast':
      return valueOf(values, store, expr.of);
    case 'unary': {
      const of = valueOf(values, store, expr.of);
      if (expr.operator === '!') return values.not(of);
      const value = values.get(of);
      if (expr.operator === '-' && value.kind === 'number') return values.number(-value.value);
      return expr.operator === '+' ? of : values.apply(expr.operator, [of], false);
    }
    case 'binary':
      return binary(values, expr.operator, valueOf(values, store, expr.left), valueOf(values, store, expr.right));
    case 'apply':
      return applied(values, store, expr.name, expr.args);
    case 'constant':
      return values.name(expr.text);
    case 'type':
      return values.name(expr.text);
    case 'config':
      return values.config(expr.text);
    case 'aggregate':
    case 'more':
    case 'element':
    case 'past-end':
    case 'unknown':
      return values.unknown;
  }
}

/** The address of a place. Things without a place get the unknown value. */
export function addressOf(values: ValueTable, store: Store, expr: Expr): ValueId {
  switch (expr.kind) {
    case 'variable':
      return values.local(expr.variable);
    case 'global':
      return values.global(expr.name);
    case 'field': {
      const base = expr.arrow ? valueOf(values, store, expr.base) : addressOf(values, store, expr.base);
      return base === values.unknown ? base : values.field(base, expr.name);
    }
    case 'index': {
      const base = valueOf(values, store, expr.base);
      const index = valueOf(values, store, expr.index);
      return base === values.unknown || index === values.unknown ? values.unknown : values.element(base, index);
    }
    case 'deref':
      return values.original(valueOf(values, store, expr.of));
    case 'cast':
      return addressOf(values, store, expr.of);
    default:
      return values.unknown;
  }
}

function binary(values: ValueTable, operator: string, left: ValueId, right: ValueId): ValueId {
  const [first, second] = [values.get(left), values.get(right)];
  if (second.kind === 'number') {
    const set = related(operator, second.value);
    if (set) return first.kind === 'unknown' ? left : values.within(left, set);
  } else if (first.kind === 'number') {
    const set = related(mirrored[operator] ?? operator, first.value);
    if (set) return second.kind === 'unknown' ? right : values.within(right, set);
  }
  switch (operator) {
    case '==':
      return values.compare('==', left, right);
    case '!=':
      return values.not(values.compare('==', left, right));
    case '<':
    case '<=':
      return values.compare(operator, left, right);
    case '>':
      return values.compare('<', right, left);
    case '>=':
      return values.compare('<=', right, left);
    default:
  }
  if (first.kind === 'number' && second.kind === 'number') {
    const folded = fold(operator, first.value, second.value);
    if (folded !== null) return values.number(folded);
  }
  return values.operation(operator, left, right);
}

const mirrored: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

function fold(operator: string, left: number, right: number): number | null {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '|':
      return left | right;
    case '&':
      return left & right;
    default:
      return null;
  }
}

function applied(values: ValueTable, store: Store, name: string, args: readonly Expr[]): ValueId {
  const first = args[0];
  if (!first) return values.apply(name, [], true);
  switch (name) {
    case 'IS_ERR':
    case 'IS_ERR_VALUE':
      return values.within(valueOf(values, store, first), errorValues);
    case 'IS_ERR_OR_NULL':
      return values.within(valueOf(values, store, first), errorOrNull);
    case 'container_of':
    case 'container_of_const':
    case 'list_entry':
    case 'rb_entry':
    case 'hlist_entry': {
      const member = args[2];
      const of = valueOf(values, store, first);
      return of === values.unknown || !member ? values.unknown : values.container(of, memberText(member));
    }
    case 'from_timer':
    case 'timer_container_of':
    case 'from_tasklet':
    case 'from_work': {
      const [, pointer, member] = args;
      const of = pointer ? valueOf(values, store, pointer) : values.unknown;
      return of === values.unknown || !member ? values.unknown : values.container(of, memberText(member));
    }
    case 'to_delayed_work': {
      const of = valueOf(values, store, first);
      return of === values.unknown ? of : values.container(of, 'work');
    }
    case 'smp_load_acquire':
      return store.read(values, values.original(valueOf(values, store, first)));
    default:
  }
  if (identities.has(name)) return valueOf(values, store, first);
  return values.apply(
    name,
    args.map((arg) => valueOf(values, store, arg)),
    !arithmetic.test(name) && name !== 'PTR_ERR_OR_ZERO',
  );
}

/** A member designator as an argument of `container_of`: `list`, `base.node`. */
function memberText(expr: Expr): string {
  if (expr.kind === 'global') return expr.name;
  if (expr.kind === 'variable') return expr.variable.name.replace(/@\d+$/, '');
  if (expr.kind === 'field') return `${memberText(expr.base)}.${expr.name}`;
  return `?${String(expr.start)}`;
}
