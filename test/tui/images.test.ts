import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ImageLayer } from '../../src/tui/image_layer.js';
import type { Graphics } from '../../src/tui/paint/capability.js';
import { iterm2Image, kittyDelete, kittyImage } from '../../src/tui/paint/graphics.js';
import { Painter } from '../../src/tui/painter.js';
import { viewFrame } from '../../src/tui/webcam_picture.js';
import type { Picture } from '../../src/util/picture.js';
import { TerminalImages, visible } from '../helpers/terminal_images.js';

/** Every byte differs from its neighbours, so that nothing can be swapped unseen. */
function pattern(width: number, height: number, channels: 1 | 3, seed = 0): Picture {
  const data = Uint8Array.from(
    { length: width * height * channels },
    (_, i) => (i * 37 + seed + (i >> 8)) & 255,
  );
  return { width, height, channels, data };
}
const read = (text: string) => {
  const images = new TerminalImages();
  images.write(text);
  return [...images.shown.values()];
};

describe('encoders', () => {
  const big = pattern(320, 240, 3);
  it.each([
    ['kitty', (picture: Picture) => kittyImage(picture, { cols: 64, rows: 24 }, 7)],
    ['iterm2', (picture: Picture) => iterm2Image(picture, { cols: 64, rows: 24 })],
  ] as const)('%s: a picture decodes to its pixels, in colour and gray', (_, encode) => {
    const [shown] = read(encode(big));
    expect(shown).toMatchObject({ cols: 64, rows: 24, width: 320, height: 240 });
    expect(Buffer.compare(shown?.data ?? Buffer.of(), big.data)).toBe(0);
    const [gray] = read(encode({ width: 2, height: 1, channels: 1, data: Uint8Array.of(3, 250) }));
    expect([...(gray?.data ?? [])]).toEqual([3, 3, 3, 250, 250, 250]);
  });

  it('kitty: parts are small, only the first has all keys, the last says so; deleting frees the pixels', () => {
    const parts = visible(kittyImage(big, { cols: 64, rows: 24 }, 7))
      .split('␛\\')
      .slice(0, -1);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts[0]).toMatch(/^␛_Ga=T,q=2,C=1,f=24,o=z,i=7,p=1,s=320,v=240,c=64,r=24,m=1;/);
    for (const part of parts.slice(1, -1)) expect(part).toMatch(/^␛_Gm=1;[\w+/]{4096}$/);
    expect(parts.at(-1)).toMatch(/^␛_Gm=0;/);
    expect(kittyDelete(7)).toBe('\x1b_Ga=d,d=I,q=2,i=7\x1b\\');
  });
});

describe('a screen with images', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function screenWith(graphics: Graphics) {
    let written = '';
    const images = new TerminalImages();
    const write = (text: string) => {
      written += text;
      images.write(text);
      return true;
    };
    const terminal = { columns: 20, rows: 6, write, once: () => undefined };
    const paint = () => {
      throw new Error('painted with characters');
    };
    const painter = new Painter(terminal, { paintPicture: paint, images: new ImageLayer(graphics) });
    painter.enter();
    painter.draw(Array.from({ length: 6 }, (_, y) => `row ${y}`).join('\n'));
    const taken = async () => {
      await vi.advanceTimersByTimeAsync(20);
      const text = visible(written);
      written = '';
      return text;
    };
    return { painter, images, taken };
  }
  const at = (picture: Picture, x: number, y: number) => ({ picture, x, y, cols: 4, rows: 2 });
  const [one, two] = [pattern(4, 4, 3), pattern(4, 4, 3, 9)];

  it('kitty: shows, replaces, moves and removes; what is the same is not sent again', async () => {
    const { painter, images, taken } = screenWith('kitty');
    painter.paint('layer', { pieces: [], pictures: [at(one, 2, 1), at(two, 8, 1)] });
    expect(await taken()).toContain('␛7␛[2;3H␛_G');
    expect([...images.shown.values()].map(({ x, y, data }) => [x, y, data])).toEqual([
      [2, 1, one.data],
      [8, 1, two.data],
    ]);
    painter.paint('layer', { pieces: [], pictures: [at(one, 2, 1), at(two, 8, 1)] });
    expect(await taken()).toBe('');
    painter.paint('layer', { pieces: [], pictures: [at(two, 2, 1), at(two, 8, 3)] });
    expect(await taken()).not.toContain('row');
    expect([...images.shown.values()].map(({ x, y, data }) => [x, y, data])).toEqual([
      [2, 1, two.data],
      [8, 3, two.data],
    ]);
    painter.paint('layer', { pieces: [], pictures: [at(two, 2, 1)] });
    await taken();
    expect(images.shown.size).toBe(1);
    painter.paint('layer', { pieces: [], pictures: [] }); // a dialog
    await taken();
    expect(images.shown.size).toBe(0);
  });

  it('iterm2: rows that an image leaves are written anew, others are not', async () => {
    const { painter, taken } = screenWith('iterm2');
    painter.paint('layer', { pieces: [], pictures: [at(one, 8, 1)] });
    expect(await taken()).toContain('␛]1337;File=inline=1;');
    painter.paint('layer', { pieces: [], pictures: [at(two, 8, 1)] });
    const replaced = await taken();
    expect(replaced).toContain('␛]1337;');
    expect(replaced).not.toContain('row');
    painter.paint('layer', { pieces: [], pictures: [at(two, 8, 2)] });
    expect(await taken()).toMatch(/row 1[^r]*row 2.*1337/s);
    painter.paint('layer', { pieces: [], pictures: [] });
    const left = await taken();
    expect(left).toMatch(/row 2[^r]*row 3/);
    expect(left).not.toMatch(/1337|row [145]/);
  });

  it.each([
    'kitty',
    'iterm2',
  ] as const)('%s: text written into its cells makes it come again', async (name) => {
    const { painter, taken } = screenWith(name);
    const text = (x: number, line: string) => ({
      key: 'a',
      at: { x, y: 1, cols: 4, rows: 1 },
      lines: [line],
    });
    painter.paint('layer', { pieces: [text(0, 'a'), text(8, 'b')], pictures: [at(one, 8, 1)] });
    await taken();
    painter.paint('layer', { pieces: [text(0, 'a'), text(8, 'c')], pictures: [at(one, 8, 1)] });
    expect(await taken()).toMatch(/␛_G|1337/);
    painter.paint('layer', { pieces: [text(8, 'c'), text(0, 'd')], pictures: [at(one, 8, 1)] });
    await taken();
    painter.paint('layer', { pieces: [text(8, 'c'), text(0, 'e')], pictures: [at(one, 8, 1)] });
    expect(await taken()).not.toMatch(/␛_G|1337/);
  });

  it('kitty: nothing is left after a redraw that shows nothing, and when the screen is left', async () => {
    const { painter, images, taken } = screenWith('kitty');
    painter.paint('layer', { pieces: [], pictures: [at(one, 2, 1)] });
    await taken();
    painter.redraw();
    expect(images.shown.size).toBe(0);
    await taken();
    expect(images.shown.size).toBe(1);
    painter.leave();
    expect(images.shown.size).toBe(0);
    expect(await taken()).toMatch(/a=d,d=I.*␛\[\?1049l$/s);
  });

  it('a picture that would reach below the terminal is not sent: it would scroll', async () => {
    const { painter, images, taken } = screenWith('iterm2');
    painter.paint('layer', { pieces: [], pictures: [at(one, 2, 5)] });
    await taken();
    expect(images.shown.size).toBe(0);
  });
});

it('a frame of the camera keeps its pixels where the terminal shows them', () => {
  const picture = pattern(320, 240, 3);
  const frame = {
    ...{ type: 'frame' as const, frame: 0, t: 0, width: 640, height: 480, faces: [], leftOut: 0, picture },
    ...{ ms: { capture: 0, detect: 0, classify: 0 }, fps: 15, dropped: 0 },
  };
  const capability = { color: 'truecolor', glyphs: 'unicode', graphics: 'kitty' } as const;
  const { pictures } = viewFrame(frame, { cols: 64, rows: 24 }, capability, 0);
  expect(pictures).toHaveLength(1);
  expect(pictures[0]).toMatchObject({ cols: 64, rows: 24, picture: { width: 320, height: 240 } });
  expect(Buffer.compare(pictures[0]?.picture.data ?? Buffer.of(), picture.data)).toBe(0);
});
