// `npm run new-rule <id>`: writes the two files of a rule, then the generated ones.
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from './gen.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function ruleText(id) {
  return `// # ${id}
//
// One sentence: what is wrong with the code that it reports.
//
// ## What it reports
//
// The precise form.
//
// ## Why it matters
//
// Which failure it causes at run time.
//
// ## Known misses
//
// What it does not see.
//
// ## Known false alarms
//
// Where it speaks and the code is right.
//
// ## Example that triggers
//
// \`\`\`c
// int f(void)
// {
// 	return 0;
// }
// \`\`\`
//
// ## Example that does not
//
// \`\`\`c
// int g(void)
// {
// 	return 0;
// }
// \`\`\`
//
// ## Fix
//
// What the quick fix does, and whether it is safe.
//
// ## Sources
//
// Kernel documents, commits or mails that state the rule.

import { defineRule, type Messages, type RuleContext, type RuleMeta } from './rule.ts';

const meta: RuleMeta = {
  id: '${id}',
  title: 'One line for tables',
  category: 'iommu',
  level: 'med',
  confidence: 'moderate',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [],
  refute: 'What would show that a finding is wrong.',
};

const messages: Messages = {
  found: '{name} is wrong',
};

function check(context: RuleContext): void {
  for (const file of context.files) {
    for (const fn of file.c.functions) {
      if (fn.name !== 'f') continue;
      context.report({
        message: 'found',
        data: { name: fn.name },
        at: { file, span: fn.nameSpan },
        function: fn.name,
        fact: fn.name,
        why: '',
        evidence: [],
        fixes: [],
      });
    }
  }
}

export const rule = defineRule({ meta, messages, check });
`;
}

function testText(id) {
  return `# ${id}

How cases and marks are written: see the top of \`rules.test.ts\`.

## What the reader sees in the plain case

\`\`\`c hit
int f(void) /* expect: ${id} */
{
	return 0;
}
\`\`\`

## What looks alike and is right

\`\`\`c near-miss
int g(void) /* ok: ${id} */
{
	return 0;
}
\`\`\`

## Broken code

\`\`\`c broken
int g(void
{
	return 0;
\`\`\`
`;
}

const id = process.argv[2] ?? '';
const files = [
  { path: `server/src/core/rules/${id}.ts`, text: ruleText(id) },
  { path: `test/rules/${id}.md`, text: testText(id) },
];
if (!/^[a-z0-9]+(?:-[a-z0-9]+)+$/u.test(id)) {
  console.error('usage: npm run new-rule <id>\nThe id names the bad pattern in kebab case, with at least one hyphen: lock-held-at-return');
  process.exitCode = 2;
} else if (files.some(({ path }) => existsSync(join(root, path)))) {
  console.error(`new-rule: ${id} is there already`);
  process.exitCode = 2;
} else {
  for (const { path, text } of files) writeFileSync(join(root, path), text);
  const stale = await generate({ check: false });
  console.log([...files.map(({ path }) => path), ...stale].map((path) => `wrote ${path}`).join('\n'));
}
