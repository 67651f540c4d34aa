import type * as v from 'valibot';

/** A valibot schema that turns anything into a T or says why not. */
export type Schema<T> = v.GenericSchema<unknown, T>;
