-- Whether a function, or a package, is the standard library's, by the first part of its name: `is_std(function)`.
CREATE FUNCTION main.is_std(
  -- `encoding/json.Marshal`, or a package's import path.
  name
) AS
list_contains([
  'archive', 'bufio', 'builtin', 'bytes', 'cmp', 'compress', 'container', 'context', 'crypto', 'database',
  'debug', 'embed', 'encoding', 'errors', 'expvar', 'flag', 'fmt', 'go', 'hash', 'html', 'image', 'index',
  'internal', 'io', 'iter', 'log', 'maps', 'math', 'mime', 'net', 'os', 'path', 'plugin', 'reflect',
  'regexp', 'runtime', 'simd', 'slices', 'sort', 'strconv', 'strings', 'structs', 'sync', 'syscall',
  'testing', 'text', 'time', 'unicode', 'unique', 'unsafe', 'uuid', 'vendor', 'weak'
  -- Import paths of others begin with a domain, and type arguments may have a path of their own.
], regexp_extract(split_part(name, '[', 1), '^([^/.]+)(?:/|\.[^/]*$|$)', 1))
