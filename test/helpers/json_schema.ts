type Schema = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

/** The keywords of JSON Schema (draft 7) that the schemas of this project use. */
const KEYWORDS: Readonly<
  Record<string, (wanted: unknown, value: unknown, schema: Schema, root: Schema) => boolean>
> = {
  $ref: (pointer, value, _, root) => {
    const parts = String(pointer).split('/').slice(1);
    const target = parts.reduce<unknown>((at, part) => Object(at)[part], root);
    if (!isObject(target)) throw new Error(`${pointer} leads nowhere`);
    return matches(target, value, root);
  },
  type: (wanted, value) =>
    [wanted].flat().some((one) => one === typeOf(value) || (one === 'integer' && Number.isInteger(value))),
  enum: (wanted, value) => (wanted as unknown[]).includes(value),
  minimum: (least, value) => typeof value !== 'number' || value >= Number(least),
  exclusiveMinimum: (below, value) => typeof value !== 'number' || value > Number(below),
  maximum: (most, value) => typeof value !== 'number' || value <= Number(most),
  minItems: (least, value) => !Array.isArray(value) || value.length >= Number(least),
  items: (items, value, _, root) =>
    !Array.isArray(value) || value.every((item) => matches(items as Schema, item, root)),
  anyOf: (all, value, _, root) => (all as Schema[]).some((one) => matches(one, value, root)),
  not: (schema, value, _, root) => !matches(schema as Schema, value, root),
  required: (names, value) => !isObject(value) || (names as string[]).every((name) => name in value),
  minProperties: (least, value) => !isObject(value) || Object.keys(value).length >= Number(least),
  propertyNames: (schema, value, _, root) =>
    !isObject(value) || Object.keys(value).every((name) => matches(schema as Schema, name, root)),
  properties: (schemas, value, _, root) =>
    !isObject(value) ||
    Object.entries(value).every(([name, one]) => {
      const schema = (schemas as Record<string, Schema>)[name];
      return schema === undefined || matches(schema, one, root);
    }),
  additionalProperties: (allowed, value, { properties }) =>
    allowed !== false || !isObject(value) || Object.keys(value).every((name) => name in Object(properties)),
};
/** Words for people and editors. */
const NOTES = ['$schema', 'title', 'description', 'default', 'definitions'];

/** Whether a value is what a schema describes. Throws for a keyword that no schema here uses. */
export function matches(schema: Schema, value: unknown, root = schema): boolean {
  return Object.entries(schema).every(([keyword, wanted]) => {
    if (NOTES.includes(keyword)) return true;
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`unknown keyword ${keyword}`);
    return check(wanted, value, schema, root);
  });
}
