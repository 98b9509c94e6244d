package org.viditq.serve;

import java.time.Duration;
import org.viditq.core.operators.Backend;
import org.viditq.serve.http.ApiKeys;
import org.viditq.serve.http.RequestLimits;
import org.viditq.serve.http.ServerSettings;
import org.viditq.serve.model.ModelCatalog;
import org.viditq.serve.work.WorkLimits;

/**
 * What a server is made of.
 *
 * @param preload whether models are loaded before it listens
 * @param backend that computes
 * @param memoryBudget bytes of models that stay loaded
 * @param promptCache bytes of encoded prompts that are kept
 * @param drain how long the end waits for what was accepted
 */
record ServerParts(
    ServerSettings settings,
    RequestLimits requests,
    WorkLimits work,
    ApiKeys keys,
    ModelCatalog catalog,
    boolean preload,
    Backend backend,
    long memoryBudget,
    long promptCache,
    Duration drain) {}
