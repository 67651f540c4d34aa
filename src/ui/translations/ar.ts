import type { Strings } from '../localize.ts';

const strings: Strings = {};

export default strings;
