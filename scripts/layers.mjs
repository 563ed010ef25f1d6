// The one table of who may import whom. eslint, the project references of tsc and a test read it.
// `uses` names direct edges; they are transitive. A folder may always import from itself.

export const layers = {
  protocol: { dir: 'server/src/protocol', uses: [], core: true },
  base: { dir: 'server/src/core/base', uses: ['protocol'], core: true },
  kernel: { dir: 'server/src/core/kernel', uses: ['base'], core: true },
  patch: { dir: 'server/src/core/patch', uses: ['kernel'], core: true },
  syntax: { dir: 'server/src/core/syntax', uses: ['kernel'], core: true },
  flow: { dir: 'server/src/core/flow', uses: ['syntax'], core: true },
  model: { dir: 'server/src/core/model', uses: ['kernel'], core: true },
  run: { dir: 'server/src/core/run', uses: ['flow', 'model'], core: true },
  rules: { dir: 'server/src/core/rules', uses: ['patch', 'flow', 'run'], core: true },
  review: { dir: 'server/src/core/review', uses: ['rules'], core: true },
  report: { dir: 'server/src/core/report', uses: ['review'], core: true },
  host: { dir: 'server/src/host', uses: ['review'], core: false, only: ['protocol', 'base', 'kernel', 'patch', 'review'] },
  lsp: { dir: 'server/src/lsp', uses: ['report', 'host'], core: false },
  cli: { dir: 'server/src/cli', uses: ['report', 'host'], core: false },
  debug: { dir: 'server/src/debug', uses: ['report', 'host'], core: false },
  client: { dir: 'client/src', uses: ['protocol'], core: false },
};

/** All layers that `name` may import from, itself included. */
export function allowed(name) {
  if (layers[name].only) return new Set([name, ...layers[name].only]);
  const seen = new Set([name]);
  const visit = (layer) => {
    for (const next of layers[layer].uses) {
      if (seen.has(next)) continue;
      seen.add(next);
      if (next !== 'host') visit(next);
    }
  };
  visit(name);
  return seen;
}
