import { accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Facts about camera devices that are available without OpenCV. */
export interface DeviceProbe {
  /** Paths of all camera devices: /dev/video*. */
  devices(): readonly string[];
  readable(device: string): boolean;
  /** Name of another program that has the device open, if this user may see it. */
  holder(device: string): string | undefined;
}

/** Explains why a camera cannot be opened, and what to do about it; undefined if no problem is found. */
export function cameraProblem(index: number, device: string, probe = LINUX): string | undefined {
  const devices = probe.devices();
  if (!devices.includes(device)) {
    const others = devices.map((path) => path.replace('/dev/video', '')).join(', ');
    const choice = others === '' ? 'plug one in' : `there are: --source ${others}`;
    return `camera ${index}: not found (no ${device}); ${choice}, or try a video file, or the built-in faces with --source demo`;
  }
  if (!probe.readable(device)) {
    return `camera ${index}: no permission to read ${device}; run sudo usermod -aG video "$USER", then log in again`;
  }
  const holder = probe.holder(device);
  if (holder !== undefined)
    return `camera ${index}: busy: ${device} is in use by ${holder}; close it, then try again`;
  return undefined;
}

/** OpenCV's numbers of the interfaces that cameras are opened by: Video4Linux, AVFoundation, DirectShow; 0 is its own choice. */
const [V4L2, AVFOUNDATION, DSHOW, ANY] = [200, 1200, 700, 0];

/** The interfaces to open a camera by, in turn. Each counts the cameras of its system from 0. */
export function cameraApis(platform: NodeJS.Platform = process.platform): readonly number[] {
  if (platform === 'linux') return [V4L2];
  if (platform === 'darwin') return [AVFOUNDATION, ANY];
  return platform === 'win32' ? [DSHOW, ANY] : [ANY];
}

/** The message for a camera that sends no picture; on Linux it exists and is readable. */
export function cameraRefused(index: number, device: string, platform = process.platform): string {
  const next = `try --source ${index + 1}`;
  if (platform === 'linux')
    return `camera ${index}: ${device} sends no picture; is it in use by another program? Some cameras have several devices: ${next}`;
  const allowed =
    platform === 'darwin'
      ? 'may the terminal use it (System Settings, Privacy & Security, Camera)?'
      : 'may desktop apps use it (Settings, Privacy & security, Camera)?';
  return `camera ${index}: sends no picture; is there one, is it in use by another program, and ${allowed} For another camera, ${next}`;
}

export const LINUX: DeviceProbe = {
  devices: () =>
    readdirSync('/dev')
      .filter((name) => /^video\d+$/.test(name))
      .map((name) => `/dev/${name}`),
  readable: (device) => {
    try {
      accessSync(device, constants.R_OK | constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
  holder: (device) => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (pid !== String(process.pid) && holds(pid, device)) return `${nameOf(pid)} (process ${pid})`;
    }
    return undefined;
  },
};

function holds(pid: string, device: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === device;
      } catch {
        return false; // it has been closed in the meantime
      }
    });
  } catch {
    return false; // the process has ended, or belongs to another user
  }
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'another program';
  }
}

/** Whether this platform shows devices and open files in the file system. */
export function canProbe(): boolean {
  return process.platform === 'linux' && existsSync('/proc');
}
