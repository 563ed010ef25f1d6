// Names by which a function says that it takes or gives back a lock for its caller, and names that are two halves of one thing.

const takes = new Set(
  'acquire acquires acquired begin begins start stop enter hold holds down freeze thaw grab claim suspend pause quiesce block'.split(' '),
);
const gives = new Set(
  'release releases released end ends finish exit drop drops up put stop start freeze thaw resume unblock leave unhold'.split(' '),
);
/** A name that speaks of a mistake is no promise. */
const mistakes = new Set(
  'bad wrong warn warns bug buggy broken missing missed leak leaks leaked leaking forgot forgotten forgets without never twice unbalanced imbalance imbalanced mismatch mismatched incorrect'.split(
    ' ',
  ),
);

function wordsOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(/_+|\d+/)
    .filter((word) => word !== '');
}

/** `lock`, `trylock`, `spinlock`, `lockall`; not `unlock`, `block`, `clock`, `flock`. */
function locks(word: string): boolean {
  return /lock/.test(word.replace(/unlock|block|clock|flock|deadlock|lockup|lockdep/g, ''));
}

/** Whether a name says that the function takes a lock for its caller (`iopt_lock_all`, `vfio_group_acquire`, `foo_begin`). */
export function saysTake(name: string): boolean {
  const words = wordsOf(name);
  return words.some((word) => locks(word) || takes.has(word)) && !words.some((word) => mistakes.has(word));
}

/** Words of a name that tells of a situation and not of what the function does for its caller. */
const situations = new Set(
  'in at behind before after with when then only once branch branches case return returns early late loop loops goto path paths error errors condition conditional inside outside nested order wrong'.split(
    ' ',
  ),
);

/** Whether a name is that of a lock function: it has a word for it, and does not tell of a situation (`port_lock_in_branch`). */
export function isLockName(name: string): boolean {
  return (saysTake(name) || saysGive(name)) && !wordsOf(name).some((word) => situations.has(word));
}

/** Whether a name says that the function gives back a lock of its caller's. */
export function saysGive(name: string): boolean {
  const words = wordsOf(name);
  return words.some((word) => word.includes('unlock') || gives.has(word)) && !words.some((word) => mistakes.has(word));
}

/** Whether a variable or a field says by its name whether a lock is held: `locked`, `need_lock`. */
export function saysLocked(name: string): boolean {
  return /lock(?:ed)?$/.test(name) && !/[bcf]lock(?:ed)?$/.test(name);
}

/** Words of two functions of which one begins what the other ends. */
const opposites: ReadonlyMap<string, readonly string[]> = new Map(
  [
    'start stop end finish done next complete commit cancel',
    'begin end finish done commit abort',
    'lock unlock',
    'trylock unlock',
    'acquire release put drop',
    'get put release drop',
    'grab put release drop',
    'claim release unclaim',
    'hold release drop unhold put',
    'take release put give',
    'enter exit leave',
    'down up',
    'freeze thaw unfreeze',
    'suspend resume',
    'pause resume unpause continue',
    'quiesce resume unquiesce',
    'block unblock',
    'stop start restart',
    'disable enable',
    'enable disable',
    'open close release exit',
    'init exit fini cleanup destroy free release deinit uninit',
    'setup cleanup teardown finish complete',
    'prepare unprepare finish complete done post commit abort cleanup end',
    'pre post',
    'attach detach',
    'add remove del delete',
    'map unmap',
    'pin unpin',
    'set clear',
    'save restore',
    'push pop',
    'read write',
    'assert deassert',
    'select deselect',
    'connect disconnect',
    'register unregister',
    'link unlink',
    'find put',
    'lookup put done',
    'first next',
    'new commit send',
    'can cancel finish',
    'pre post cancel',
    'header footer',
    'in out',
    'run wait',
    'submit wait',
    'submit complete',
    'request release',
    'reserve unreserve commit',
    'power unpower',
    'on off',
    'prolog epilog',
    'prologue epilogue',
    'entry exit',
    'before after',
    'wake sleep',
    'make unmake',
    'create destroy',
    'alloc free',
  ].flatMap((line): [string, readonly string[]][] => {
    const [first = '', ...rest] = line.split(' ');
    return [[first, rest]];
  }),
);

/**
 * Whether two names are two halves of one thing: they differ in one or two words, and these are opposites (`port_dump_start` and
 * `port_dump_stop`), or one undoes the other by its prefix (`map_pages` and `unmap_pages`).
 */
export function isCounterpartName(left: string, right: string): boolean {
  const [a, b] = [wordsOf(left), wordsOf(right)];
  if ([...a, ...b].some((word) => mistakes.has(word))) return false;
  while (a.length > 0 && b.length > 0 && a[0] === b[0]) {
    a.shift();
    b.shift();
  }
  while (a.length > 0 && b.length > 0 && a.at(-1) === b.at(-1)) {
    a.pop();
    b.pop();
  }
  return a.length <= 2 && b.length <= 2 && (areOpposite(a, b) || areOpposite(b, a));
}

/**
 * Whether a function may end or begin what another did, by a wider rule than that for pairs: both begin with the same two words, and an
 * opposite is among the others (`limits_start_update`, `limits_commit_update_frozen`), or one is the other with a word behind it.
 */
export function isOtherHalf(left: string, right: string): boolean {
  if (left.startsWith(`${right}_`) || right.startsWith(`${left}_`) || isCounterpartName(left, right)) return true;
  const [a, b] = [wordsOf(left), wordsOf(right)];
  if (a.length < 3 || b.length < 3 || a[0] !== b[0] || a[1] !== b[1]) return false;
  return areOpposite(a.slice(2), b.slice(2)) || areOpposite(b.slice(2), a.slice(2));
}

function areOpposite(a: readonly string[], b: readonly string[]): boolean {
  return a.some((word) => {
    const ends = opposites.get(word) ?? [];
    return b.some((other) => ends.includes(other) || other === `un${word}` || other === `re${word}` || other === `de${word}`);
  });
}
