// What the index of the kernel tree answers. Lines count from 1; paths are relative to the tree's root, with slashes.

/** Macro names that change how C reads. All sets hold plain identifiers. */
export interface MacroWords {
  /** Macros that head a loop or a scope: `list_for_each_entry`, `scoped_guard`. */
  readonly loops: ReadonlySet<string>;
  /** Annotation words without arguments: `__init`, `__user`. */
  readonly annotations: ReadonlySet<string>;
  /** Annotation words with arguments: `__must_hold(&lock)`. */
  readonly annotationCalls: ReadonlySet<string>;
}

/** A function's heading somewhere in the tree. */
export interface IndexedFunction {
  readonly name: string;
  readonly path: string;
  /** 1-based line of the name. */
  readonly line: number;
  readonly isStatic: boolean;
  readonly isInline: boolean;
  /** Annotations as written, white space folded: `__must_check`, `__must_hold(&group->mutex)`. */
  readonly annotations: readonly string[];
  /**
   * A static inline function in a header that also declares a function of this name: the stand-in for a configuration without
   * the feature. Always false for a declaration.
   */
  readonly isStub: boolean;
}

/** A function that fills a field of a structure of functions. */
export interface OpsImplementation {
  readonly function: string;
  /** The variable: `arm_smmu_ops`; for a structure inside another's initialiser with its field: `arm_smmu_ops.default_domain_ops`. */
  readonly table: string;
  readonly path: string;
  /** 1-based line of the field. */
  readonly line: number;
}

/**
 * The index of a kernel tree. The answer depends on the files of the tree alone, never on what is cached or was asked before.
 * Lists are sorted by path, then by line; they are empty where nothing of that name is known.
 */
export interface TreeIndex {
  /** Paths of tree files that define a C function, macro, type, constant or variable of this name. */
  defines(name: string): readonly string[];
  /** Definitions of functions of this name, static ones and stubs among them. `#if 0` is left out. */
  definitions(name: string): readonly IndexedFunction[];
  /** Prototypes of functions of this name. */
  declarations(name: string): readonly IndexedFunction[];
  /** What fills a field of all variables of a structure type: `opsImplementations('iommu_domain_ops', 'attach_dev')`. */
  opsImplementations(structType: string, field: string): readonly OpsImplementation[];
  /** The `.c` files in the folder of a file, itself among them, where the index covers that folder. */
  filesBeside(path: string): readonly string[];
  /** Macros of Linux that are known, and those that include/linux, the file's folder and .clang-format add; null without a tree. */
  macroWords(path: string): MacroWords | null;
  /**
   * Stands for all that the answers rest on: the very same object as long as nothing of it has changed. Without it nothing is known to
   * be unchanged.
   */
  state?(): object;
}

/** The index where there is no tree. */
export const emptyIndex: TreeIndex = {
  defines: () => [],
  definitions: () => [],
  declarations: () => [],
  opsImplementations: () => [],
  filesBeside: () => [],
  macroWords: () => null,
};
