/** What fer-cnn on FER-2013 tells in an hour at seven steps a second, each told. */
export function hourOfEvents() {
  const stepsPerEpoch = 1026;
  const classes = ['Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise'];
  const events = [
    {
      ...{ v: 1, type: 'start', t: '2026-01-01T00:00:00Z', run: 'r1', path: 'runs/r1', model: 'fer-cnn' },
      ...{ parameters: 541_191, adapter: 'replay', of: 25, stepsPerEpoch, config: { batch: 28 } },
      data: { name: 'FER-2013', train: 28_709, validation: 3589, classes, majority: 0.251 },
    },
  ];
  for (let step = 1; step <= 25_200; step++) {
    const [epoch, stepInEpoch] = [Math.ceil(step / stepsPerEpoch), ((step - 1) % stepsPerEpoch) + 1];
    const loss = 1.2 + Math.exp(-step / 8000) + 0.3 * Math.sin(step * 1.7);
    events.push({
      ...{ type: 'step', step, epoch, loss, acc: 0.5, lr: 1e-3, imgPerS: 200, etaS: 60 },
      ...{ of: stepsPerEpoch, stepInEpoch },
    });
    if (stepInEpoch !== stepsPerEpoch) continue;
    const confusion = classes.map((_, i) => classes.map((_c, j) => (i === j ? 300 : 30)));
    events.push({
      ...{ v: 1, type: 'epoch', t: '2026-01-01T00:10:00Z', run: 'r1', epoch, of: 25, lr: 1e-3, imgPerS: 200 },
      ...{ train: { loss, acc: 0.5 }, seconds: 140, etaS: 60, best: true },
      val: { loss, acc: 0.5, recall: classes.map(() => 0.5), confusion },
    });
  }
  return events;
}
