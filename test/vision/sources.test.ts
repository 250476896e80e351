import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawFace } from '../../src/data/synthetic.js';
import { CameraError } from '../../src/util/errors.js';
import type { Picture } from '../../src/util/picture.js';
import { Rng } from '../../src/util/random.js';
import { resample } from '../../src/util/resample.js';
import {
  cameraApis,
  cameraProblem,
  cameraRefused,
  canProbe,
  type DeviceProbe,
  LINUX,
} from '../../src/vision/camera_problem.js';
import { DemoSource, demoFrame } from '../../src/vision/demo.js';
import type { Box } from '../../src/vision/geometry.js';
import { hideSecrets, nameOfSource, parseSource, type SourceSpec } from '../../src/vision/source_spec.js';
import { needs } from '../helpers/needs.js';

describe('sources', () => {
  it.each([
    ['demo', { kind: 'demo' }],
    ['2', { kind: 'camera', index: 2, device: '/dev/video2' }],
    ['/dev/video1', { kind: 'camera', index: 1, device: '/dev/video1' }],
    ['rtsp://host/one', { kind: 'stream', url: 'rtsp://host/one' }],
    ['test', { kind: 'images', paths: ['test'] }],
    ['package.json', { kind: 'video', path: 'package.json' }],
    ['HTTP://host/a.mjpg', { kind: 'stream', url: 'HTTP://host/a.mjpg' }],
    ['/dev/video12', { kind: 'camera', index: 12, device: '/dev/video12' }],
    ['12', { kind: 'camera', index: 12, device: '/dev/video12' }],
    ['/dev/null', { kind: 'video', path: '/dev/null' }],
  ])('%s', (text, spec) => expect(parseSource(text)).toEqual(spec));

  it('a path where nothing is, is exit 7', () => {
    expect(() => parseSource('/nowhere.mp4')).toThrow(CameraError);
    expect(() => parseSource('/nowhere.mp4')).toThrow('/nowhere.mp4: there is no such file');
  });

  it.each([
    '',
    'x2',
    '2x',
    'demos',
    '/dev/video',
    '/dev/video1x',
    'x/dev/video1',
    'C:',
    '1://x',
  ])('%s is a path', (text) => {
    expect(() => parseSource(text)).toThrow(`${text || '""'}: there is no such file or folder`);
  });

  it('an image is one by its end, in any case; an empty file is none of any kind', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fer-tui-source-'));
    const file = (name: string, text = 'x'): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    for (const end of ['jpg', 'JPEG', 'png', 'bmp', 'webp', 'heic', 'tif', 'tiff', 'ppm', 'pgm', 'pnm']) {
      const path = file(`a.${end}`);
      expect(parseSource(path)).toEqual({ kind: 'images', paths: [path] });
    }
    for (const name of ['a.mp4', 'jpg', 'a.png.mp4']) expect(parseSource(file(name)).kind).toBe('video');
    expect(() => parseSource(file('empty.png', ''))).toThrow('empty.png: the file is empty (0 bytes)');
  });

  it('has a name for people, without a password', () => {
    const named = (spec: SourceSpec): string => nameOfSource(spec);
    expect(named({ kind: 'stream', url: 'rtsp://me:secret@host/one@two' })).toBe('rtsp://host/one@two');
    expect(named({ kind: 'stream', url: 'rtsp://host/a@b' })).toBe('rtsp://host/a@b');
    expect(named({ kind: 'stream', url: 'rtsp://me:p@ss@host:554/a' })).toBe('rtsp://host:554/a');
    expect(named({ kind: 'stream', url: 'rtsp://me:a/b@host:554/c' })).toBe('rtsp://host:554/c');
    expect(named({ kind: 'stream', url: 'rtsp://me:a#b@host/c' })).toBe('rtsp://host/c');
    expect(named({ kind: 'stream', url: 'http://[::1]:80/a@b' })).toBe('http://[::1]:80/a@b');
    expect(named({ kind: 'demo' })).toBe('demo');
    expect(named({ kind: 'camera', index: 2, device: '/dev/video2' })).toBe('camera 2');
    expect(named({ kind: 'video', path: 'a/b.mp4' })).toBe('a/b.mp4');
    expect(named({ kind: 'images', paths: ['a.png'] })).toBe('a.png');
    expect(named({ kind: 'images', paths: ['a.png', 'b.png'] })).toBe('2 images');
  });

  it.each([
    ['http://cam/v?token=SECRET', 'http://cam/v?token=***'],
    ['http://me:SECRET@cam:80/v?w=SECRET&auth=SECRET==&x', 'http://cam:80/v?w=***&auth=***&***'],
    ['http://cam?SECRET', 'http://cam?***'],
    ['http://cam/v#key=SECRET', 'http://cam/v?key=***'],
    ['rtsp://cam/a/b:c', 'rtsp://cam/a/b:c'],
  ])('%s is shown without what may be secret', (url, shown) => {
    expect(nameOfSource({ kind: 'stream', url })).toBe(shown);
    expect(hideSecrets(`cannot open '${url}': Not found; ${url}`)).toBe(
      `cannot open '${shown}': Not found; ${shown}`,
    );
  });

  const probe = (change: Partial<DeviceProbe>): DeviceProbe => ({
    ...{ devices: () => ['/dev/video0', '/dev/video2'], readable: () => true, holder: () => undefined },
    ...change,
  });
  it.each([
    ['not there', 1, probe({}), 'camera 1: not found (no /dev/video1); there are: --source 0, 2'],
    ['none at all', 0, probe({ devices: () => [] }), 'not found (no /dev/video0); plug one in'],
    ['no permission', 0, probe({ readable: () => false }), 'sudo usermod -aG video "$USER"'],
    [
      'busy',
      0,
      probe({ holder: () => 'cheese (process 7)' }),
      'busy: /dev/video0 is in use by cheese (process 7)',
    ],
  ])('a camera that is %s says so', (_, index, devices, words) => {
    expect(cameraProblem(index, `/dev/video${index}`, devices)).toContain(words);
  });

  it('a camera that gives nothing may be another device of the same one', () => {
    expect(cameraRefused(2, '/dev/video2', 'linux')).toContain('camera 2: /dev/video2 sends no picture');
    expect(cameraRefused(2, '/dev/video2', 'linux')).toContain('try --source 3');
  });

  it('a camera of macOS or Windows may be forbidden, which its settings say', () => {
    const refused = (platform: NodeJS.Platform) => cameraRefused(0, '', platform);
    expect(refused('darwin')).toContain('camera 0: sends no picture');
    expect(refused('darwin')).toContain(
      'may the terminal use it (System Settings, Privacy & Security, Camera)?',
    );
    expect(refused('win32')).toContain('may desktop apps use it (Settings, Privacy & security, Camera)?');
    expect(refused('win32')).toContain('try --source 1');
  });

  it.each([
    ['linux', [200]],
    ['darwin', [1200, 0]],
    ['win32', [700, 0]],
    ['freebsd', [0]],
  ] as const)('cameras of %s are opened by the interfaces of videoio.hpp: %j', (platform, apis) => {
    expect(cameraApis(platform)).toEqual(apis);
  });

  it('whoever else has a device open is named', needs.linux, async () => {
    const device = join(mkdtempSync(join(tmpdir(), 'fer-tui-device-')), 'video0');
    writeFileSync(device, '');
    expect(canProbe()).toBe(true);
    expect([LINUX.readable(device), LINUX.readable(`${device}9`)]).toEqual([true, false]);
    const own = openSync(device, 'r');
    expect(LINUX.holder(device)).toBeUndefined(); // but by this process
    closeSync(own);
    const file = openSync(device, 'r');
    const other = spawn('sleep', ['30'], { stdio: [file, 'ignore', 'ignore'] });
    closeSync(file);
    try {
      await expect.poll(() => LINUX.holder(device)).toBe(`sleep (process ${other.pid})`);
      expect(LINUX.holder(`${device}9`)).toBeUndefined();
    } finally {
      other.kill();
    }
    for (const path of LINUX.devices()) expect(path).toMatch(/^\/dev\/video\d+$/);
  });

  it('nothing speaks against a free camera', () => {
    expect(cameraProblem(0, '/dev/video0', probe({}))).toBeUndefined();
  });
});

describe('the demo', () => {
  it('is the same every time: one face, two faces, nobody, inside of the frame', async () => {
    const source = new DemoSource();
    const first = await source.read();
    expect(first.known).toHaveLength(1);
    expect(Buffer.compare(Buffer.from(first.picture.data), Buffer.from(demoFrame(0).picture.data))).toBe(0);
    const counts = new Set<number>();
    for (let i = 0; i < 360; i += 7) {
      const { known, picture } = demoFrame(i);
      counts.add(known.length);
      for (const { x, y, width, height } of known) {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(picture.width);
        expect(y + height).toBeLessThanOrEqual(picture.height);
      }
    }
    expect([...counts].sort()).toEqual([0, 1, 2]);
  });
});

describe('a frame of the demo', () => {
  /** Where the middle of an actor is, in a frame of 640 x 480. */
  const path = (index: number, size: number, sway: number, pace: number, at: number): Box => ({
    x: Math.round(640 * at + sway * Math.sin(index * pace) - size / 2),
    y: Math.round(240 + 0.6 * sway * Math.cos(1.3 * index * pace) - size / 2),
    ...{ width: size, height: size },
  });

  it.each([
    0, 44, 45, 89, 90, 134, 135, 179, 180, 300,
  ])('%d: who is there for three seconds, and where', (index) => {
    const alone = [path(index, 190, 90, 0.05, 0.5)];
    const two = [path(index, 150, 40, 0.07, 0.25), path(index, 120, 50, -0.06, 0.75)];
    expect(demoFrame(index).known).toEqual([alone, alone, two, []][Math.floor((index % 180) / 45)]);
  });

  it('shows another face of another class every three seconds, on a room that is darker above', () => {
    const at = (index: number, x: number, y: number): number[] => {
      const { data } = demoFrame(index).picture;
      return [...data.subarray((y * 640 + x) * 3, (y * 640 + x) * 3 + 3)];
    };
    expect([at(0, 0, 0), at(0, 639, 240), at(0, 0, 479)]).toEqual([
      [70, 76, 84],
      [95, 101, 109],
      [119, 125, 133],
    ]);
    /** The face that class `label` has in the `turn`-th place, enlarged, and coloured like skin. */
    const face = (label: number, turn: number, size: number): Picture => {
      const data = new Uint8Array(48 * 48);
      drawFace(label, new Rng(20 + turn), data);
      return resample({ width: 48, height: 48, channels: 1, data }, size, size, 'bilinear');
    };
    for (const [index, turns] of [
      [0, [0]],
      [50, [2]],
      [100, [4, 5]],
      [181, [8]],
    ] as const) {
      const { known } = demoFrame(index);
      expect(known).toHaveLength(turns.length);
      known.forEach(({ x, y, width }, i) => {
        const turn = turns[i] as number;
        const { data } = face((turn * 3) % 7, turn, width);
        for (const [u, v] of [
          [0, 0],
          [width - 1, width - 1],
          [width >> 1, width >> 1],
          [20, 90],
        ] as const) {
          const tone = data[v * width + u] as number;
          expect(at(index, x + u, y + v)).toEqual([tone, Math.floor(tone * 0.94), Math.floor(tone * 0.88)]);
        }
      });
    }
  });

  it('comes 15 times a second, without an end', async () => {
    const source = new DemoSource();
    expect(source.info).toEqual({
      ...{ kind: 'demo', name: 'demo', width: 640, height: 480, fps: 15, live: false, stills: false },
    });
    const frames = [await source.read(), await source.read(), await source.read()];
    expect(frames.map(({ index, t }) => [index, t])).toEqual([
      [0, 0],
      [1, 1 / 15],
      [2, 2 / 15],
    ]);
    expect(frames[2]?.known).toEqual(demoFrame(2).known);
    expect(frames[0]?.picture).toMatchObject({ width: 640, height: 480, channels: 3 });
  });
});
