/** Small denoisers of every family, from the golden cases, for whatever runs models as a whole. */
package org.viditq.verify.family;
