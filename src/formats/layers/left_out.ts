/**
 * Layers of Keras that change values only in training. They are left out: training here has separate augmentation and
 * regularisation.
 */
export const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'ActivityRegularization'],
  ...[
    'RandomFlip',
    'RandomRotation',
    'RandomTranslation',
    'RandomZoom',
    'RandomContrast',
    'RandomBrightness',
    'RandomColorDegeneration',
    'RandomColorJitter',
    'RandomElasticTransform',
    'RandomErasing',
    'RandomGaussianBlur',
    'RandomGrayscale',
    'RandomHue',
    'RandomInvert',
    'RandomPerspective',
    'RandomPosterization',
    'RandomSaturation',
    'RandomSharpness',
    'RandomShear',
  ],
  ...['AugMix', 'RandAugment'],
]);
