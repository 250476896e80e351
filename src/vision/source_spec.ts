import { existsSync, statSync } from 'node:fs';
import { CameraError } from '../util/errors.js';

/** A source, as given by `--source`. */
export type SourceSpec =
  | { readonly kind: 'demo' }
  | { readonly kind: 'camera'; readonly index: number; readonly device: string }
  | { readonly kind: 'stream'; readonly url: string }
  | { readonly kind: 'video'; readonly path: string }
  | { readonly kind: 'images'; readonly paths: readonly string[] };

export const SOURCE_HELP =
  'camera index (0) or device, video file, RTSP or HTTP address, image, folder of images, or demo';

/** Names of images; a GIF may be a film. */
export const IMAGE_FILE = /\.(jpe?g|jfif|png|bmp|webp|avif|hei[cf]|tiff?|p[gpn]m)$/i;

/** Parses `--source`. Throws CameraError if it is a path that does not exist, or an empty file. */
export function parseSource(text: string): SourceSpec {
  if (text === 'demo') return { kind: 'demo' };
  if (/^\d+$/.test(text)) return { kind: 'camera', index: Number(text), device: `/dev/video${text}` };
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return { kind: 'stream', url: text };
  const device = /^\/dev\/video(\d+)$/.exec(text);
  if (device !== null) return { kind: 'camera', index: Number(device[1]), device: text };
  if (!existsSync(text))
    throw new CameraError(`${text || '""'}: there is no such file or folder; expected ${SOURCE_HELP}`);
  const stat = statSync(text);
  if (stat.isDirectory()) return { kind: 'images', paths: [text] };
  if (stat.isFile() && stat.size === 0) {
    throw new CameraError(`${text}: the file is empty (0 bytes); expected ${SOURCE_HELP}`);
  }
  return IMAGE_FILE.test(text) ? { kind: 'images', paths: [text] } : { kind: 'video', path: text };
}

/** The name of a source for the user. */
export function nameOfSource(spec: SourceSpec): string {
  switch (spec.kind) {
    case 'demo':
      return 'demo';
    case 'camera':
      return `camera ${spec.index}`;
    case 'stream':
      return withoutSecrets(spec.url);
    case 'video':
      return spec.path;
    case 'images':
      return spec.paths.length === 1 ? (spec.paths[0] ?? '') : `${spec.paths.length} images`;
  }
}

/** An address up to its host and path. A password with a slash in it ends at the last @. */
const USER = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@|[^/?#@[]*:(?!\d*(?:[/?#]|$)).*@)/i;

/** An address without user and password, and with `***` for the values behind its question mark: a token may be among them. */
function withoutSecrets(url: string): string {
  const [, path = '', query] = /^([^?#]*)(?:[?#](.*))?$/s.exec(url.replace(USER, '$1')) ?? [];
  if (query === undefined) return path;
  const shown = query
    .split(/[&;]/)
    .map((part) => (part.includes('=') ? part.replace(/=.*/s, '=***') : '***'));
  return `${path}?${shown.join('&')}`;
}

/** The text with `withoutSecrets` applied to every address in it, for what decoders print. */
export function hideSecrets(text: string): string {
  return text.replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s'"`<>]+/gi, withoutSecrets);
}
