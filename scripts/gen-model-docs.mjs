// Writes the tables of docs/model.md from the model itself: eras, variants, invariants, and every scenario with its results.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as prettier from 'prettier';
import { shippedSource } from './gen-scenarios.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(root, 'docs/model.md');

async function load() {
  const bundle = await build({
    stdin: {
      contents: [
        "export { shippedScenarios, runAll } from './catalogue.ts';",
        "export { callTable, functionTable } from './callTable.ts';",
        "export { eras } from './eras/eras.ts';",
        "export { invariants, stepInvariants } from './invariants/registry.ts';",
        "export { lockAndListSteps, traceOf } from './trace/build.ts';",
      ].join('\n'),
      resolveDir: join(root, 'server/src/core/model'),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['browser', 'module', 'main'],
    conditions: ['browser'],
    logLevel: 'silent',
    // The scenarios as they are, also where their generated table is stale.
    plugins: [
      {
        name: 'scenarios',
        setup: (run) => run.onLoad({ filter: /core\/model\/shipped\.ts$/ }, () => ({ contents: shippedSource(), loader: 'ts' })),
      },
    ],
  });
  const code = bundle.outputFiles[0].text;
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('<', '&lt;');

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
}

const argsOf = ({ args }) => args.join(', ');
const defaultsOf = ({ defaults }) =>
  Object.entries(defaults)
    .map(([key, value]) => `${key} = ${value}`)
    .join(', ');

/** The page with its generated parts written anew. */
export async function modelPage() {
  const model = await load();
  const scenarios = model.shippedScenarios();
  const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  const runs = model.runAll(scenarios, null);
  const rows = runs.map((run) => {
    const scenario = byId.get(run.scenario);
    const results = run.steps.filter((step) => step.expected !== null).map((step) => `${step.call}: ${step.got.join(' or ') || '-'}`);
    return [
      run.scenario,
      run.era + (scenario.variant === null ? '' : ` (${scenario.variant})`),
      scenario.title,
      results.join('; '),
      run.violations.map((violation) => violation.id).join(', ') || 'none',
      run.states,
      run.result,
    ];
  });
  const shortest = runs.flatMap((run) =>
    run.violations.map((violation) => {
      const scenario = byId.get(run.scenario);
      const trace = model.traceOf(
        scenario,
        run.era,
        run.machine,
        { schedule: violation.schedule, violation },
        { states: 0, finished: true, maxStates: 0 },
      );
      return [run.scenario, run.era, violation.id, trace.steps.length, model.lockAndListSteps(trace).length, violation.message];
    }),
  );
  const parts = {
    calls: table(
      ['Call', 'Arguments', 'Left out', 'Function', 'Eras'],
      model.callTable(model.eras).map((row) => [row.call, argsOf(row), defaultsOf(row), row.target, row.eras.join(', ')]),
    ),
    functions: table(
      ['Function', 'Arguments', 'Source', 'Eras'],
      model.functionTable(model.eras).map((row) => [row.call, argsOf(row), row.source, row.eras.join(', ')]),
    ),
    eras: table(
      ['Era', 'What', 'Read in', 'Variants'],
      model.eras.map((era) => [
        era.id,
        era.title,
        era.evidence,
        Object.entries(era.variants)
          .map(([name, variant]) => `\`${name}\`: ${variant.title}`)
          .join('; '),
      ]),
    ),
    invariants: table(
      ['Id', 'What', 'Source', 'Holds in', 'Reported by'],
      [...model.invariants, ...model.stepInvariants]
        .sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }))
        .map((invariant) => [
          invariant.id,
          invariant.title,
          invariant.source,
          invariant.holds,
          invariant.reportedBy ?? 'a look at the world',
        ]),
    ),
    shortest: table(['Scenario', 'Era', 'Violation', 'Steps', 'Of them lock and list steps', 'What'], shortest),
    scenarios: table(['Id', 'Era', 'Title', 'Results', 'Violations', 'States', 'Result'], rows),
  };
  let text = readFileSync(page, 'utf8');
  for (const [name, content] of Object.entries(parts)) {
    const start = `<!-- ${name}:start (written by npm run gen) -->`;
    const end = `<!-- ${name}:end -->`;
    const from = text.indexOf(start);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`docs/model.md has no place for ${name}`);
    text = `${text.slice(0, from + start.length)}\n\n<!-- prettier-ignore-start -->\n${content}\n<!-- prettier-ignore-end -->\n\n${text.slice(to)}`;
  }
  const options = await prettier.resolveConfig(page);
  return prettier.format(text, { ...options, filepath: page });
}
