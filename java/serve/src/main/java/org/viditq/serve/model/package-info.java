/** The models that are served: pipelines, resident denoisers, encoded prompts. */
package org.viditq.serve.model;
