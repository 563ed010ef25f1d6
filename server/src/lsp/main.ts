// Entry of dist/server.js: a language server on stdio (`--stdio`), a socket (`--socket=PORT`), a pipe or Node's IPC.

import { startServer } from './start.ts';

startServer();
