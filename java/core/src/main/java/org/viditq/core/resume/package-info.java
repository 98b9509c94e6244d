/**
 * Long work in parts whose results outlive the process, so that a run that was killed goes on where
 * it was.
 */
package org.viditq.core.resume;
