// Starts the language server of this process, with an analysis process behind it.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createConnection, ProposedFeatures, type Connection } from 'vscode-languageserver/node';
import { toolVersion } from '../host/version.ts';
import { PoolAnalysis } from './pool-analysis.ts';
import { serve } from './server.ts';
import { stdioStream } from './stdio.ts';

/** Serves the client that this process's arguments name (`--stdio` and the like) until it ends the connection. */
export function startServer(): void {
  if (!process.argv.slice(2).some((argument) => /^--(?:stdio$|node-ipc$|socket(?:$|=)|pipe(?:$|=))/.test(argument))) {
    process.stderr.write('iommu-review: the language server needs a way to talk: --stdio, --socket=PORT, --pipe=NAME or --node-ipc\n');
    process.exitCode = 2;
    return;
  }
  // Modules of the bundle lie in one folder, and so does the program of the analysis process.
  const dist = dirname(fileURLToPath(import.meta.url));
  const pages = join(dist, '..', 'docs', 'rules');
  serve(connect(), {
    analysis: new PoolAnalysis(join(dist, 'analysis.js')),
    version: toolVersion,
    rulePage: (rule) => {
      const page = join(pages, `${rule}.md`);
      return /^[a-z0-9-]+$/.test(rule) && existsSync(page) ? pathToFileURL(page).href : null;
    },
  });
}

/** The library finds sockets, pipes and IPC in the arguments by itself. */
function connect(): Connection {
  if (!process.argv.includes('--stdio')) return createConnection(ProposedFeatures.all);
  const { reader, writer } = stdioStream();
  return createConnection(ProposedFeatures.all, reader, writer);
}
