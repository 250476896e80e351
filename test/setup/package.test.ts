import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawFace } from '../../src/data/synthetic.js';
import { writePicture } from '../../src/util/picture_file.js';
import { Rng } from '../../src/util/random.js';
import { needs } from '../helpers/needs.js';
import { TEST_MS } from '../helpers/patience.js';

/** The package as users get it: packed by npm, and away from everything else of the clone. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'fer-tui-package-'));
const work = join(folder, 'work');

beforeAll(() => {
  mkdirSync(work);
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: ROOT });
  const face = new Uint8Array(48 * 48);
  drawFace(3, new Rng(1), face);
  writePicture(join(work, 'face.png'), { width: 48, height: 48, channels: 1, data: face });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packed package beside its runtime packages alone', () => {
  const home = join(folder, 'unpacked', 'node_modules', 'fer-tui');
  beforeAll(() => {
    mkdirSync(home, { recursive: true });
    execFileSync('tar', ['xf', join(folder, `fer-tui-${version}.tgz`), '-C', home, '--strip-components=1']);
    linkRuntimePackages(join(folder, 'unpacked', 'node_modules'));
  });
  itWorks(join(home, 'dist/cli/main.js'));

  it('holds every document that README.md links to', () => {
    const links = [...readFileSync(join(home, 'README.md'), 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)/g)];
    const missing = links
      .map(([, path = '']) => path)
      .filter((path) => !/^https?:/.test(path) && !existsSync(join(home, path)));
    expect(missing).toEqual([]);
  });

  it('holds no tests, no sources and no data', () => {
    expect(readdirSync(home).sort()).toEqual([
      ...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'bench', 'dist', 'docs', 'examples'],
      ...['models', 'package.json', 'schemas', 'scripts', 'shaders', 'tuning'],
    ]);
    const others = readdirSync(home, { recursive: true, encoding: 'utf8' });
    expect(others.filter((path) => /node_modules|\.peers/.test(path))).toEqual([]);
  });
});

describe('the package installed by npm into an empty prefix', () => {
  const prefix = join(folder, 'prefix');
  it('installs', needs.full, () => {
    const how = ['--global', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', ...how, join(folder, `fer-tui-${version}.tgz`)], { stdio: 'pipe' });
    expect(existsSync(join(prefix, 'bin/fer-tui'))).toBe(true);
  });
  itWorks(join(prefix, 'lib/node_modules/fer-tui/dist/cli/main.js'), needs.full);
});

/** What a newcomer does first, each as a process of its own in an empty folder. */
function itWorks(program: string, need: { readonly skip?: boolean } = {}): void {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, ...args], { cwd: work, encoding: 'utf8', timeout: TEST_MS });

  it('tells its version', need, () => {
    expect(run('--version').stdout).toBe(`${version}\n`);
  });

  it('shows, tries and takes apart the networks that come with it', need, () => {
    expect(run('summary', 'fer-vgg').stdout).toContain('Trainable params: 1,453,431');
    const { stdout } = run('predict', 'face.png', '--json');
    expect(stdout).toMatch(/"label":"(Angry|Disgust|Fear|Happy|Neutral|Sad|Surprise)"/);
    expect(run('learn', 'fer-cnn', '--stage', 'loss', '--batch', '2').stdout).toContain('Stage 4 of 7: loss');
  });

  it('trains, and writes a page about it', need, () => {
    const { status } = run('train', '--no-tui', '--limit', '28', '--epochs', '1', '--out', 'runs/r1');
    expect(status).toBe(0);
    expect(run('report', 'r1').status).toBe(0);
    expect(readFileSync(join(work, 'runs/r1/report.html'), 'utf8')).toContain('<svg');
    rmSync(join(work, 'runs'), { recursive: true });
  });

  it('says what is missing, and offers a set-up of its own for it', need, () => {
    expect(run('doctor', '--json').stdout).toContain('"name":"GPU adapter","ok":true');
    const tried = spawnSync(process.execPath, [program, 'setup', 'graphics'], {
      ...{ cwd: work, encoding: 'utf8', timeout: TEST_MS },
      env: { ...process.env, FER_TUI_NO_INSTALL: '1' },
    });
    expect(tried.stderr).toContain('set-up: GPU adapter: ');
    expect(tried.status).toBe(0);
  });
}

/** Links the clone's packages that are no development packages, so that a use of one of those fails. */
function linkRuntimePackages(into: string): void {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev = false }] of Object.entries(packages)) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    if (name === undefined || dev || !existsSync(join(ROOT, path))) continue;
    mkdirSync(dirname(join(into, name)), { recursive: true });
    symlinkSync(join(ROOT, path), join(into, name));
  }
}
