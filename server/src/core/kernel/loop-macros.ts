// Macros that head a loop or a scope. Those that loopNamePattern finds by their name need no row here.

/** Names of macros that are taken for the head of a loop or scope when a statement follows. */
export const loopNamePattern = /for_?_?each|foreach|for_all_|^for_[a-z]|_for_every|scoped_|_iter_each|_walk_each/i;

/**
 * Macros with a body that is executed at most once: a scope, not a loop (`break` leaves only it).
 * `for_each_child_of_node_scoped` is a loop whose cursor has a scope.
 */
export const scopePattern = /^(?!.*for_?each)(?:scoped_|with_|.*_scoped$|.*_scoped_guard$)/;

/** `scoped_cond_guard(class, fail, args)` and its kin: they execute `fail` where the lock was not taken. */
export const conditionalScopePattern = /^scoped_cond_guard$/;

/** `do_each_pid_task(...) { ... } while_each_pid_task(...);`: a loop in two macros. */
export const doLoopPattern = /^(?:do_for_each|do_each_)/;
export const doLoopEndPattern = /^while_(?:for_)?each_/;
