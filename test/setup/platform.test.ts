import { expect, it } from 'vitest';
import { backportsSource, distribution, installCommand, rootPrefix } from '../../scripts/platform.mjs';

it('knows the distributions', () => {
  expect(distribution('ID=debian\nVERSION_ID="12"\n')).toBe('debian-12');
  expect(distribution('PRETTY_NAME="x"\nVERSION_ID="13"\nID=debian\n')).toBe('debian');
  expect(distribution('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n')).toBe('debian');
  expect(distribution('ID=fedora\n')).toBe('other');
});

it("takes Debian 12's driver from backports, and only the loader beside an NVIDIA driver", () => {
  expect(installCommand('vulkan', 'debian-12')).toContain('-t bookworm-backports');
  expect(installCommand('vulkan', 'debian')).not.toContain('backports');
  expect(installCommand('vulkan', 'debian', true)).not.toContain('mesa');
  expect(installCommand('opencv', 'debian-12')).toContain('libopencv-dev');
  expect(installCommand('browser', 'debian-12')).toContain('chromium');
  expect(installCommand('redis', 'debian')).toContain('redis-server');
});

it('adds backports from the mirror that is in use, once', () => {
  expect(backportsSource('URIs: http://mirror.example/debian\nSuites: bookworm\n')).toBe(
    'deb http://mirror.example/debian bookworm-backports main\n',
  );
  expect(backportsSource('deb http://mirror.example/debian bookworm-backports main')).toBeUndefined();
  expect(backportsSource('')).toBeUndefined();
});

it('becomes root by the way there is', () => {
  const who = { uid: 1000, hasSudo: true, sudoWithoutPassword: false, tty: false };
  expect(rootPrefix({ ...who, uid: 0 })).toEqual([]);
  expect(rootPrefix(who)).toBeUndefined();
  expect(rootPrefix({ ...who, tty: true })).toEqual(['sudo']);
  expect(rootPrefix({ ...who, sudoWithoutPassword: true })).toEqual(['sudo', '-n']);
  expect(rootPrefix({ ...who, hasSudo: false, tty: true })).toBeUndefined();
});
