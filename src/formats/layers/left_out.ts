/**
 * Layers of Keras that change values in training alone, and become no layer of a network. What trains a network here has its own
 * augmentation and regularisation.
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
