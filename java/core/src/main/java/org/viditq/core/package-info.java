/**
 * The house that every backend lives in: tensors, the operator contract, model definitions,
 * schedulers, pipelines and checkpoint formats. Knows no backend; backends are found with {@link
 * java.util.ServiceLoader}.
 */
package org.viditq.core;
