// Settings of the JavaScript engine for a process that works for some seconds. Imported first: code that has run already keeps the old ones.

import { setFlagsFromString } from 'node:v8';

// A review of a hundred files calls most functions some thousand times. By default the engine spends four tenths of such a run on
// optimising code that is then hardly used; with these it optimises what runs eight times as long, and puts less into each function.
// A flag that an engine does not know changes nothing.
setFlagsFromString('--sparkplug');
setFlagsFromString('--interrupt-budget=1000000');
setFlagsFromString('--max-inlined-bytecode-size-cumulative=300');
