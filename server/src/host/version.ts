// esbuild puts the version of package.json here; a run from the sources has none.
declare const BUNDLED_VERSION: string | undefined;

/** The tool's version as reports print it. */
export const toolVersion: string = typeof BUNDLED_VERSION === 'string' ? BUNDLED_VERSION : '0.0.0';
