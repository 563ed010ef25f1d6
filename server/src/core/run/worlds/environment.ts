// What a scenario's variant says about the world around the code. A variant of the model is either a world (a driver that comes back
// into the core), a form of the code itself, which gives way to the code that is run, or something that no kernel does.

/** Variants that stay when code is run, and what is left of those that also change the code. Null: only the code differs. */
const ENVIRONMENTS: Readonly<Record<string, string | null>> = {
  'bind-takes-group-mutex': 'bind-takes-group-mutex',
  'group-then-device': 'bind-takes-group-mutex',
  'finalize-reenters': 'finalize-reenters',
  'finalize-under-mutex': 'finalize-reenters',
  'get-device': null,
  'shorthand-1': null,
  'shorthand-2': null,
  'all-device-locks': null,
};

/** The variant to run a scenario's steps with when code takes the place of the calls; undefined where such a world does not exist. */
export function environmentOf(variant: string | null): string | null | undefined {
  return variant === null ? null : ENVIRONMENTS[variant];
}
