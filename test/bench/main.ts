// `npm run bench [NAME...]`: speed as ratios inside one run, so that they hold on a slower or a busier machine.
// Each measurement states its method beside its figures. Nothing here passes or fails.

import { benchArea } from './area.ts';
import { benchColdStart } from './cold-start.ts';
import { benchEdit } from './edit.ts';
import { benchMail } from './mail.ts';
import { benchModel } from './model.ts';
import { benchParse } from './parse.ts';
import { benchRun } from './run.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = {
  area: benchArea,
  'cold-start': benchColdStart,
  edit: benchEdit,
  mail: benchMail,
  model: benchModel,
  parse: benchParse,
  run: benchRun,
};

const wanted = process.argv.slice(2);
for (const name of wanted.filter((one) => !(one in benches))) {
  process.stderr.write(`bench: there is no ${name}; there are ${Object.keys(benches).join(', ')}\n`);
  process.exitCode = 2;
}
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n${name}\n`);
  await run();
}
