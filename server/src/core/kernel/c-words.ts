// Words of C and of the GNU dialect, as the rewrite of kernel C needs to tell them from names.

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** Words that are never the name of a variable or macro. */
export const keywords = words(`
  if else for while do switch case default return goto break continue sizeof typedef struct union enum
  static extern inline const volatile register auto restrict
  int char void long short unsigned signed float double bool _Bool
  asm __asm__ __asm typeof __typeof__ __typeof alignof _Alignof __alignof__ offsetof _Generic __extension__
  __attribute__ __attribute __volatile__ __inline __inline__ __restrict __restrict__`);

/** Keywords whose parentheses are followed by a statement. */
export const controlKeywords = words('if for while switch');

/** Keywords that begin a statement and cannot begin an expression. */
export const statementKeywords = words('return if for while do goto break continue case switch');

/** Types of one word, those of the kernel's integer family too. */
export const primitiveTypes = words(`
  int char void long short unsigned signed float double bool _Bool size_t ssize_t
  u8 u16 u32 u64 s8 s16 s32 s64 __u8 __u16 __u32 __u64 __s8 __s16 __s32 __s64
  __le16 __le32 __le64 __be16 __be32 __be64 dma_addr_t`);

/** Words with which a type of several words begins. */
export const typeStarts = words('struct union enum const volatile unsigned signed int char void long short float double bool _Bool static');

/** Storage classes and qualifiers that may stand before a macro that defines something. */
export const storageWords = words('static extern inline const volatile register __inline __inline__');

export const asmKeywords = words('asm __asm__ __asm');

export const typeofKeywords = words('typeof __typeof__ __typeof typeof_unqual __typeof_unqual__ typeof_member');

export const alignofKeywords = words('__alignof__ __alignof _Alignof');

/** Macros that stand for an asm statement: `asm_volatile_goto("..." : : : : label)`. */
export const asmFunctionPattern = /^asm_(?:inline$|goto_output$|volatile)/;
