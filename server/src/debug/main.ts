// The debug adapter's process: one session over the standard streams.

import { TraceSession } from './session.ts';

const session = new TraceSession();
session.start(process.stdin, process.stdout);
