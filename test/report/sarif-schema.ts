// The part of SARIF 2.1.0 that the tool writes, as a JSON Schema of our own after the standard's sections: required properties, types,
// enumerations and value rules. Properties that the standard does not have are refused.

const text = { type: 'string', minLength: 1 };
const line = { type: 'integer', minimum: 1 };

function object(properties: Record<string, unknown>, required: string[] = []): Record<string, unknown> {
  return { type: 'object', additionalProperties: false, properties, required };
}

function list(items: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { type: 'array', items, ...more };
}

/** 3.8: anything may stand in a property bag; only `tags` has a form. */
const properties = { type: 'object', properties: { tags: list(text, { uniqueItems: true }) } };
/** 3.11: plain text alone. The standard also knows `markdown`, which viewers render; ours never writes it for text of a mail. */
const message = object({ text: { type: 'string' } }, ['text']);
/** 3.4: a relative reference in the form of RFC 3986 that stays below its base. */
const artifactLocation = object(
  {
    uri: { type: 'string', pattern: '^(?!/)(?!\\.\\.?(?:/|$))(?:(?!/\\.\\.?(?:/|$))(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2}))+$' },
    uriBaseId: { enum: ['KERNEL', 'INPUT', 'ROOT'] },
  },
  ['uri', 'uriBaseId'],
);
/** 3.30: columns need a start line. */
const region = {
  ...object({ startLine: line, startColumn: line, endLine: line, endColumn: line }, ['startLine']),
  dependentRequired: { startColumn: ['startLine'], endColumn: ['endLine'] },
};
/** 3.28 */
const location = object({
  physicalLocation: object({ artifactLocation, region }, ['artifactLocation']),
  logicalLocations: list(object({ name: text, kind: { enum: ['function'] } })),
  message,
});
/** 3.58 */
const notification = object(
  { descriptor: object({ id: text }, ['id']), level: { enum: ['none', 'note', 'warning', 'error'] }, message, locations: list(location) },
  ['message'],
);
/** 3.49; help.markdown is our own manual. */
const rule = object(
  {
    id: text,
    name: text,
    shortDescription: object({ text }, ['text']),
    fullDescription: object({ text }, ['text']),
    help: object({ text, markdown: text }, ['text']),
    defaultConfiguration: object({ level: { enum: ['none', 'note', 'warning', 'error'] } }),
    properties,
  },
  ['id'],
);
/** 3.55 to 3.57 */
const fix = object(
  {
    description: message,
    artifactChanges: list(
      object(
        {
          artifactLocation,
          replacements: list(object({ deletedRegion: region, insertedContent: object({ text: { type: 'string' } }) }, ['deletedRegion']), {
            minItems: 1,
          }),
        },
        ['artifactLocation', 'replacements'],
      ),
      { minItems: 1 },
    ),
  },
  ['artifactChanges'],
);
/** 3.27 */
const result = object(
  {
    ruleId: text,
    ruleIndex: { type: 'integer', minimum: 0 },
    kind: { enum: ['pass', 'open', 'informational', 'notApplicable', 'review', 'fail'] },
    level: { enum: ['none', 'note', 'warning', 'error'] },
    message,
    locations: list(location),
    relatedLocations: list(location),
    codeFlows: list(
      object({ threadFlows: list(object({ locations: list(object({ location }), { minItems: 1 }) }, ['locations']), { minItems: 1 }) }, [
        'threadFlows',
      ]),
    ),
    fixes: list(fix),
    baselineState: { enum: ['new', 'unchanged', 'updated', 'absent'] },
    suppressions: list(
      object({ kind: { enum: ['inSource', 'external'] }, status: { enum: ['accepted', 'underReview', 'rejected'] }, justification: text }, [
        'kind',
      ]),
    ),
    partialFingerprints: { type: 'object', additionalProperties: text },
    properties,
  },
  ['message'],
);

export const sarifSchema = object(
  {
    $schema: { type: 'string', pattern: '^https://.*sarif-schema-2\\.1\\.0\\.json$' },
    version: { const: '2.1.0' },
    runs: list(
      object(
        {
          tool: object(
            {
              driver: object(
                {
                  name: text,
                  semanticVersion: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
                  rules: list(rule, { uniqueItems: true }),
                },
                ['name'],
              ),
            },
            ['driver'],
          ),
          automationDetails: object({ id: { type: 'string', pattern: '/$' } }),
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          originalUriBaseIds: {
            type: 'object',
            additionalProperties: object({ uri: { type: 'string', pattern: '^file:///(?:.*/)?$' }, description: message }),
          },
          invocations: list(
            object({ executionSuccessful: { type: 'boolean' }, toolExecutionNotifications: list(notification) }, ['executionSuccessful']),
          ),
          results: list(result),
        },
        ['tool'],
      ),
      { minItems: 1 },
    ),
  },
  ['version', 'runs'],
);
