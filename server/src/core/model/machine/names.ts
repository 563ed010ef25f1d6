// Small integers for the cells and the values of a world, so that states are arrays of numbers: cheap to copy, compare and hash.

/** What a cell can hold. NULL, 0, false, '' and the empty list are one value: "nothing there yet". */
export type Value = string | number | boolean | null | readonly string[];

export interface CellName {
  readonly object: string;
  readonly field: string;
}

function keyOf(value: Value): string | number | boolean {
  return typeof value === 'object' && value !== null ? `\u0001${value.join('\u0001')}` : (value ?? '');
}

/** Whether a value is the one that every cell holds at first. */
export function isNothing(value: Value): boolean {
  return value === null || value === 0 || value === false || value === '' || (typeof value === 'object' && value.length === 0);
}

/** Append-only tables; their order follows the exploration, which is deterministic. Shared by all states of one program. */
export class Names {
  private readonly cells = new Map<string, Map<string, number>>();
  private readonly cellNames: CellName[] = [];
  private readonly values: Value[] = [null];
  private readonly valueIds = new Map<string | number | boolean, number>();

  cell(object: string, field: string): number {
    let fields = this.cells.get(object);
    if (fields === undefined) {
      fields = new Map();
      this.cells.set(object, fields);
    }
    let id = fields.get(field);
    if (id === undefined) {
      id = this.cellNames.length;
      this.cellNames.push({ object, field });
      fields.set(field, id);
    }
    return id;
  }

  /** Whether anything named a cell of the object so far. */
  hasObject(object: string): boolean {
    return this.cells.has(object);
  }

  /** Names of all fields that anything named so far. */
  fields(): Set<string> {
    return new Set(this.cellNames.map(({ field }) => field));
  }

  /** Fields of an object that anything named so far, in that order. */
  fieldsOf(object: string): string[] {
    return [...(this.cells.get(object)?.keys() ?? [])];
  }

  cellName(id: number): CellName {
    return this.cellNames[id] ?? { object: '?', field: '?' };
  }

  valueId(value: Value): number {
    if (isNothing(value)) return 0;
    const key = keyOf(value);
    let id = this.valueIds.get(key);
    if (id === undefined) {
      id = this.values.length;
      this.values.push(value);
      this.valueIds.set(key, id);
    }
    return id;
  }

  value(id: number): Value {
    return this.values[id] ?? null;
  }
}
