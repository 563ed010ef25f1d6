// Writes everything that is derived from tables and rule files, so that nobody keeps two copies in step by hand:
// the layers' tsconfigs, the rule registry, the manual pages, the README's rule table, the rule settings, the bundled scenarios and the
// tables of the model's page.
// `npm run gen` writes; `npm run gen -- --check` writes nothing and fails, naming the files, where one is stale.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as prettier from 'prettier';
import { modelPage } from './gen-model-docs.mjs';
import { shippedSource } from './gen-scenarios.mjs';
import { tsconfigs } from './gen-tsconfig.mjs';
import { readManual } from './manual-page.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const rulesDir = 'server/src/core/rules';
const docsDir = 'docs/rules';
const tableStart = '<!-- rules:start (written by npm run gen) -->';
const tableEnd = '<!-- rules:end -->';

/** Ids of the rule files: every kebab-case name in the rules folder is a rule. */
export function ruleIds() {
  return readdirSync(join(root, rulesDir))
    .filter((name) => /^[a-z0-9]+(?:-[a-z0-9]+)+\.ts$/u.test(name))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
}

function camelCase(id) {
  return id.replace(/-([a-z0-9])/gu, (_, letter) => letter.toUpperCase());
}

function registryText(ids) {
  return [
    '// Written by `npm run gen` from the rule files of this folder. Do not edit.',
    '',
    "import type { Rule } from './rule.ts';",
    ...ids.map((id) => `import { rule as ${camelCase(id)} } from './${id}.ts';`),
    '',
    '/** All rules, by id. */',
    `export const rules: readonly Rule[] = [${ids.map(camelCase).join(', ')}];`,
    '',
  ].join('\n');
}

function manualText(manuals) {
  return [
    '// Written by `npm run gen` from the manual pages at the top of the rule files. Do not edit.',
    '',
    '/** Manual page of each rule, in Markdown, without its first heading. */',
    'export const manuals: Readonly<Record<string, string>> = {',
    ...manuals.map(({ id, text }) => `  ${JSON.stringify(id)}: ${JSON.stringify(text)},`),
    '};',
    '',
  ].join('\n');
}

/** Loads rule metadata by bundling the registry as it will be written. */
async function loadRules(registry) {
  const bundle = await build({
    stdin: {
      contents: `${registry}\nexport { severityOf } from './severity.ts';\n`,
      resolveDir: join(root, rulesDir),
      sourcefile: 'registry.ts',
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    logLevel: 'silent',
  });
  const code = bundle.outputFiles[0].text;
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}

/** What a reader of the docs sees for a level: `warning`, or `warning, error with a witness`. */
function severityText(meta, severityOf) {
  const plain = severityOf(meta.level, meta.category, false);
  const witnessed = severityOf(meta.level, meta.category, true);
  return plain === witnessed ? plain : `${plain}; ${witnessed} where the whole path is shown`;
}

function pageText(meta, manual, severityOf) {
  return [
    `<!-- Written by npm run gen from ${rulesDir}/${meta.id}.ts. Do not edit. -->`,
    '',
    `# ${meta.id}`,
    '',
    '| Category | Severity | Confidence | Evidence | Needs | Since |',
    '| --- | --- | --- | --- | --- | --- |',
    `| ${meta.category} | ${severityText(meta, severityOf)} | ${meta.confidence} | ${meta.evidence} | ${meta.needs} | ${meta.since} |`,
    '',
    manual,
    '',
  ].join('\n');
}

function tableText(rules, severityOf) {
  const rows = rules.map(
    ({ meta }) =>
      `| [\`${meta.id}\`](${docsDir}/${meta.id}.md) | ${meta.title} | ${meta.category} | ${severityOf(meta.level, meta.category, false)} |`,
  );
  return [tableStart, '', '| Rule | Reports | Category | Severity |', '| --- | --- | --- | --- |', ...rows, '', tableEnd].join('\n');
}

/** README with the table between its markers; a README without them is an error, since the table would be lost silently. */
function readmeText(table) {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const start = text.indexOf(tableStart);
  const end = text.indexOf(tableEnd);
  if (start < 0 || end < start)
    throw new Error(`README.md has no place for the rule table: it needs the lines\n${tableStart}\n${tableEnd}`);
  return text.slice(0, start) + table + text.slice(end + tableEnd.length);
}

/** package.json with one switch a rule in the setting `iommuReview.rules`, so that the settings editor completes their names. */
function packageText(rules) {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const data = JSON.parse(text);
  const setting = data.contributes?.configuration?.properties?.['iommuReview.rules'];
  if (setting === undefined) return text;
  setting.properties = Object.fromEntries(
    rules.map(({ meta }) => [meta.id, { type: 'string', enum: ['on', 'off'], description: meta.title }]),
  );
  return `${JSON.stringify(data, null, 2)}\n`;
}

/** All generated files as path and text. Throws with a readable message where a rule file is not in form. */
async function generated() {
  const style = JSON.parse(readFileSync(join(root, '.prettierrc.json'), 'utf8'));
  const typescript = (text) => prettier.format(text, { ...style, parser: 'typescript' });
  const json = (text) => prettier.format(text, { ...style, parser: 'json' });
  const ids = ruleIds();
  const manuals = ids.map((id) => ({ id, text: readManual(id, readFileSync(join(root, rulesDir, `${id}.ts`), 'utf8')).text }));
  const registry = registryText(ids);
  const { rules, severityOf } = await loadRules(registry);
  for (const [index, rule] of rules.entries()) {
    if (rule.meta.id !== ids[index])
      throw new Error(`${rulesDir}/${ids[index]}.ts: meta.id is "${rule.meta.id}", expected the file's name`);
  }
  const files = [
    ...(await Promise.all(tsconfigs().map(async ({ path, text }) => ({ path, text: await json(text) })))),
    { path: `${rulesDir}/registry.ts`, text: await typescript(registry) },
    { path: `${rulesDir}/manual.ts`, text: await typescript(manualText(manuals)) },
    ...rules.map(({ meta }, index) => ({ path: `${docsDir}/${meta.id}.md`, text: pageText(meta, manuals[index].text, severityOf) })),
    { path: 'package.json', text: packageText(rules) },
    { path: 'server/src/core/model/shipped.ts', text: shippedSource() },
    { path: 'docs/model.md', text: await modelPage() },
  ];
  if (existsSync(join(root, 'README.md'))) files.push({ path: 'README.md', text: readmeText(tableText(rules, severityOf)) });
  return files;
}

/** Rule pages whose rule is gone. */
function leftovers(files) {
  const wanted = new Set(files.map((file) => file.path));
  const folder = join(root, docsDir);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => `${docsDir}/${name}`)
    .filter((path) => path.endsWith('.md') && !wanted.has(path));
}

/** Writes what is stale and returns the paths; with `check` only returns them. */
export async function generate({ check }) {
  const files = await generated();
  const stale = files.filter(({ path, text }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text);
  const gone = leftovers(files);
  if (!check) {
    for (const { path, text } of stale) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    for (const path of gone) rmSync(join(root, path));
  }
  return [...stale.map((file) => file.path), ...gone];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes('--check');
  try {
    const stale = await generate({ check });
    if (check && stale.length > 0) {
      console.error(`Stale generated files (run npm run gen):\n${stale.map((path) => `  ${path}`).join('\n')}`);
      process.exitCode = 1;
    } else {
      console.log(
        stale.length === 0
          ? 'Generated files are current.'
          : stale.map((path) => `${existsSync(join(root, path)) ? 'wrote' : 'removed'} ${path}`).join('\n'),
      );
    }
  } catch (error) {
    console.error(`gen: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
