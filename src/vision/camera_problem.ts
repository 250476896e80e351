import { accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What can be known about a device from outside of OpenCV. */
export interface DeviceProbe {
  /** All /dev/video*. */
  devices(): readonly string[];
  readable(device: string): boolean;
  /** Another program that has it open, as far as this user may see. */
  holder(device: string): string | undefined;
}

/** Why a camera cannot be opened, and the way out; undefined where nothing speaks against it. */
export function cameraProblem(index: number, device: string, probe = LINUX): string | undefined {
  const devices = probe.devices();
  if (!devices.includes(device)) {
    const others = devices.map((path) => path.replace('/dev/video', '')).join(', ');
    const choice = others === '' ? 'plug one in' : `there are: --source ${others}`;
    return `camera ${index}: not found (no ${device}); ${choice}, or look at a file, or at built-in faces with --source demo`;
  }
  if (!probe.readable(device)) {
    return `camera ${index}: no permission to read ${device}; run sudo usermod -aG video "$USER", then log in again`;
  }
  const holder = probe.holder(device);
  if (holder !== undefined)
    return `camera ${index}: busy: ${device} is in use by ${holder}; close it, then try again`;
  return undefined;
}

/** A camera that is there and may be read, and still gives nothing. */
export function cameraRefused(index: number, device: string): string {
  return `camera ${index}: ${device} gives no picture; is it in use by another program? Some cameras have several devices: try --source ${index + 1}`;
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
        return false; // closed meanwhile
      }
    });
  } catch {
    return false; // ended, or another user's
  }
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'another program';
  }
}

/** Whether devices can be looked at as files at all. */
export function canProbe(): boolean {
  return process.platform === 'linux' && existsSync('/proc');
}
