import { FEATURE_MAPS } from './feature_maps.js';
import { FILTERS } from './filters.js';
import { GRAD_CAM } from './grad_cam.js';
import { GRAD_CAM_PLUS_PLUS } from './grad_cam_plus_plus.js';
import { INTEGRATED_GRADIENTS } from './integrated_gradients.js';
import { LOSS_SURFACE } from './loss_surface.js';
import { CHANNEL_IMAGES, CLASS_IMAGES } from './maximisation.js';
import { MEAN_FACES } from './mean_faces.js';
import type { Method } from './method.js';
import { MISTAKES } from './mistakes.js';
import { OCCLUSION } from './occlusion.js';
import { PCA } from './pca.js';
import { RELIABILITY } from './reliability.js';
import { SMOOTH_GRAD } from './smooth_grad.js';
import { TOP_FACES } from './top_faces.js';
import { UMAP_EMBEDDING } from './umap.js';

/** All ways to look into a network, in the order of their sections. A new one is a file like these, and its entry here. */
export const METHODS: readonly Method[] = [
  GRAD_CAM,
  GRAD_CAM_PLUS_PLUS,
  OCCLUSION,
  INTEGRATED_GRADIENTS,
  SMOOTH_GRAD,
  FEATURE_MAPS,
  FILTERS,
  CLASS_IMAGES,
  CHANNEL_IMAGES,
  TOP_FACES,
  MEAN_FACES,
  MISTAKES,
  RELIABILITY,
  PCA,
  UMAP_EMBEDDING,
  LOSS_SURFACE,
];
