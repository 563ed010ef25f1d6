// Bundles what ships into dist/: the command line, the language server, the analysis child, the debug adapter and the VS Code client,
// with both wasm files beside them. Doors that do not exist yet are left out.
import { build as bundle } from 'esbuild';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const require = createRequire(import.meta.url);

/** Bundles for Node, as ES modules. */
const nodeEntries = {
  cli: 'server/src/cli/main.ts',
  analysis: 'server/src/host/analysis-main.ts',
  server: 'server/src/lsp/main.ts',
  debug: 'server/src/debug/main.ts',
};
const clientEntry = 'client/src/extension.ts';

/** Files that the bundle reads at run time, by their name in dist/. */
const runtimeFiles = {
  'web-tree-sitter.wasm': 'web-tree-sitter/web-tree-sitter.wasm',
  'tree-sitter-c.wasm': 'tree-sitter-c/tree-sitter-c.wasm',
};

function present(entries) {
  return Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(join(root, path))));
}

/** Names and licences of the packages that files of the bundle come from: their terms ask to be passed on. */
function licences(inputs) {
  const packages = inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(packages)]
    .sort()
    .map((path) => {
      const folder = join(root, path);
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      if (file === undefined) throw new Error(`${name} has no licence file that could be passed on`);
      return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** Makes dist/ anew; with names (`cli`, `analysis`, ...) makes only those bundles, beside what is there. */
export async function build(names = []) {
  const wanted = (name) => names.length === 0 || names.includes(name);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // Made aside and put in place by renaming, so that a tool that runs meanwhile finds the old files or the new ones.
  const outdir = join(root, '.build', `dist-${process.pid}`);
  mkdirSync(outdir, { recursive: true });
  const shared = {
    absWorkingDir: root,
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    define: { BUNDLED_VERSION: JSON.stringify(version) },
  };
  const bundled = await bundle({
    ...shared,
    entryPoints: present(Object.fromEntries(Object.entries(nodeEntries).filter(([name]) => wanted(name)))),
    format: 'esm',
    // The native parser is found in the installed packages at run time, and may be missing.
    external: ['tree-sitter', 'tree-sitter-c'],
    // CommonJS packages inside an ES module bundle still call require() for Node's own modules.
    banner: { js: "import { createRequire as bundledRequire } from 'node:module';\nconst require = bundledRequire(import.meta.url);" },
  });
  const inputs = Object.keys(bundled.metafile.inputs);
  if (wanted('extension') && existsSync(join(root, clientEntry))) {
    const client = await bundle({
      ...shared,
      entryPoints: { extension: clientEntry },
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      external: ['vscode'],
    });
    inputs.push(...Object.keys(client.metafile.inputs));
  }
  const copied = Object.values(runtimeFiles).map((path) => relative(root, require.resolve(path)));
  for (const [name, path] of Object.entries(runtimeFiles)) copyFileSync(require.resolve(path), join(outdir, name));
  if (names.length === 0) writeFileSync(join(outdir, 'THIRD-PARTY.txt'), licences([...inputs, ...copied]));
  if (wanted('cli')) chmodSync(join(outdir, 'cli.js'), 0o755);
  if (names.length > 0) {
    mkdirSync(dist, { recursive: true });
    for (const name of readdirSync(outdir)) renameSync(join(outdir, name), join(dist, name));
    rmSync(outdir, { recursive: true });
    return;
  }
  const previous = `${outdir}-previous`;
  if (existsSync(dist)) renameSync(dist, previous);
  renameSync(outdir, dist);
  rmSync(previous, { recursive: true, force: true });
}

/** Newest change, in milliseconds, of a file or of anything under a folder. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), stat.mtimeMs);
}

/** Whether dist/ is there and newer than everything that it is made of. */
export function isFresh() {
  const made = join(dist, 'cli.js');
  if (!existsSync(made)) return false;
  const sources = ['server/src', 'client/src', 'scripts/build.mjs', 'package-lock.json'].map((path) => join(root, path));
  return sources.filter(existsSync).every((path) => newest(path) <= statSync(made).mtimeMs);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build(process.argv.slice(2));
