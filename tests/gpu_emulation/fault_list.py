"""Faults that somebody might make in the CUDA backend, and the test that finds each of them."""

from dataclasses import dataclass

GRADIENTS = "tests/contract/test_gradients.py"
TRAINING = "tests/contract/test_training.py"
FORMULAS = "tests/contract/test_formulas.py"
NUMBERS = "tests/gpu/test_numbers.py"
ARRAYS = "tests/gpu/test_arrays.py"
EMULATED = "tests/gpu/test_emulated.py"

ANY_SHAPE = f"{GRADIENTS}::test_any_shape_agrees_with_the_reference"
BLOCKS = f"{ANY_SHAPE}[blocks of rows-none-False-float64]"
DEEP = f"{ANY_SHAPE}[deep-none-False-float64]"
DEEP_TIED = f"{ANY_SHAPE}[deep-none-True-float64]"
STREAMED = f"{EMULATED}::test_data_that_is_streamed_gives_the_bits_of_data_that_stays"
FAILURES = f"{EMULATED}::test_a_failure_of_any_call_is_an_error_that_leaves_nothing_behind"
GOES_ON = f"{NUMBERS}::test_partial_fit_goes_on"
STEPS = f"{TRAINING}::test_twenty_steps"
UNITS = f"{TRAINING}::test_twenty_steps_in_other_units"
SCALES = f"{TRAINING}::test_twenty_steps_of_scaled_parameters"


@dataclass(frozen=True)
class Fault:
    """``planted`` in the place of ``found``, which the file has once. The test fails then, and passes without."""

    name: str
    file: str
    found: str
    planted: str
    caught_by: str
    order: str = "forward"
    sanitizer: str = ""
    few_blocks: bool = False  # in a grid that is so small that blocks go round


# What makes grids small.
FEW_BLOCKS = Fault("few blocks", "kernels/launch.h", "Index most = 65535;", "Index most = 2;", "")

FAULTS = [
    # Blocks, warps and barriers
    Fault(
        "no barrier before the warps of a block are summed",
        "kernels/launch.h",
        "  __syncthreads();\n  double sum = 0;",
        "  double sum = 0;",
        DEEP,
    ),
    Fault(
        "the same, where chance has the sum right",
        "kernels/launch.h",
        "  __syncthreads();\n  double sum = 0;",
        "  double sum = 0;",
        DEEP,
        order="reverse",
        sanitizer="thread",
    ),
    Fault(
        "no barrier before the next sum of a block",
        "kernels/launch.h",
        "  __syncthreads();  // before the next sum writes there\n",
        "",
        f"{ANY_SHAPE}[wide-none-False-float64]",
        sanitizer="thread",
        few_blocks=True,
    ),
    Fault(
        "no barrier before the columns of the warps are summed",
        "kernels/column_sums_cuda.h",
        "[threadIdx.x] = sum;\n    __syncthreads();",
        "[threadIdx.x] = sum;",
        DEEP,
    ),
    Fault(
        "no barrier before the next columns are summed",
        "kernels/column_sums_cuda.h",
        "    __syncthreads();  // before the next columns are written there\n",
        "",
        f"{ANY_SHAPE}[beyond all-none-False-float64]",
        order="reverse",
        few_blocks=True,
    ),
    Fault(
        "no barrier before the extremes of the warps are compared",
        "kernels/sums_cuda.cu",
        "[threadIdx.x] = maximum;\n    __syncthreads();",
        "[threadIdx.x] = maximum;",
        f"{ARRAYS}::test_a_fit_gives_the_bits_that_it_gives_from_the_host[{{'corruption': 'salt_and_pepper'}}-float64]",
    ),
    Fault(
        "no barrier before the next extremes",
        "kernels/sums_cuda.cu",
        "    __syncthreads();  // before the next columns are written there\n",
        "",
        f"{ARRAYS}::test_noise_takes_the_extremes_of_many[columns]",
        order="reverse",
        few_blocks=True,
    ),
    Fault(
        "one lane too few in the sum of a warp",
        "kernels/launch.h",
        "distance > 0; distance /= 2) x += ",
        "distance > 1; distance /= 2) x += ",
        DEEP,
    ),
    Fault(
        "blocks along x do each other's work",
        "kernels/launch.h",
        "Index{gridDim.x} * blockDim.x;",
        "Index{blockDim.x};",
        f"{ANY_SHAPE}[wide-none-False-float64]",
    ),
    Fault(
        "blocks along y leave rows out",
        "kernels/launch.h",
        "Index{gridDim.y} * blockDim.y;",
        "Index{gridDim.y} * blockDim.x;",
        BLOCKS,
        few_blocks=True,
    ),
    Fault(
        "each warp sums every 32nd row",
        "kernels/column_sums_cuda.h",
        "i += n_warps)",
        "i += warp_threads)",
        DEEP,
    ),
    # Tails
    Fault(
        "a loop that leaves out the last column",
        "kernels/launch.h",
        "threadIdx.x; i < n; i += step",
        "threadIdx.x; i < n - 1; i += step",
        DEEP,
    ),
    Fault(
        "a loop that goes a row too far",
        "kernels/launch.h",
        "threadIdx.y; i < n; i += step",
        "threadIdx.y; i <= n; i += step",
        DEEP,
    ),
    Fault(
        "a launch that leaves out the last row",
        "kernels/gather_cuda.cu",
        "launch_along(worker.stream, rows.size(), look_up_weights<T>, rows.size(), batch",
        "launch_along(worker.stream, rows.size(), look_up_weights<T>, rows.size() - 1, batch",
        DEEP,
    ),
    Fault(
        "the last chunk of a dot product is short of a number",
        "kernels/vectors_cuda.cu",
        "? (chunk + 1) * dot_chunk : n;",
        "? (chunk + 1) * dot_chunk : n - 1;",
        DEEP,
    ),
    Fault(
        "a block of 32 columns is rounded down",
        "kernels/memory_cuda.h",
        "(cols + 31) / 32 * 32",
        "cols / 32 * 32",
        DEEP,
    ),
    Fault(
        "a buffer one element too small",
        "model/objective.cpp",
        "      row_losses_(max_rows),",
        "      row_losses_(max_rows - 1),",
        DEEP,
    ),
    # Products
    Fault(
        "a tied matrix is not transposed",
        "kernels/launch.h",
        "weights.transposed != transpose};",
        "transpose};",
        DEEP_TIED,
    ),
    Fault(
        "the rows of a tied matrix have a wrong stride",
        "kernels/launch.h",
        "weights.transposed ? weights.n_inputs : weights.n_outputs",
        "weights.n_outputs",
        DEEP_TIED,
    ),
    Fault(
        "the status of a product is ignored",
        "kernels/launch.h",
        "  if (status == 0) return;\n",
        "  if (status >= 0) return;\n",
        f"{FAILURES}[gradients]",
    ),
    Fault(
        "a tied matrix loses one of its two gradients",
        "kernels/gradient_cuda.cu",
        "accumulate.weights ? T(1) : T(0)",
        "accumulate.bias ? T(1) : T(0)",
        DEEP_TIED,
    ),
    Fault(
        "the bias of a mirrored layer is added to what there was",
        "kernels/gradient_cuda.cu",
        "nullptr, d_bias, accumulate.bias);",
        "nullptr, d_bias, accumulate.weights);",
        DEEP_TIED,
    ),
    # Gradients of many rows, block by block
    Fault(
        "decay is added with each block",
        "model/objective.cpp",
        "const T decay = add ? T(0) : static_cast<T>(config_.alpha);",
        "const T decay = static_cast<T>(config_.alpha);",
        BLOCKS,
    ),
    Fault(
        "decay is forgotten where gradients are added",
        "kernels/gradient_cuda.cu",
        "if (decay == T(0)) return;",
        "if (decay == T(0) || accumulate.weights) return;",
        DEEP_TIED,
    ),
    Fault(
        "the bias has the gradient of the last block",
        "kernels/column_sums_cuda.h",
        "(add ? sums[j] : Sum(0))",
        "(add ? Sum(0) : Sum(0))",
        BLOCKS,
    ),
    Fault(
        "the value is that of the last block",
        "kernels/vectors_cuda.cu",
        "sums[i] += more[i];",
        "sums[i] = more[i];",
        BLOCKS,
    ),
    Fault(
        "sums are cleared by their number instead of their bytes",
        "kernels/vectors_cuda.cu",
        "cudaMemsetAsync(x, 0, static_cast<std::size_t>(n) * sizeof(double),",
        "cudaMemsetAsync(x, 0, static_cast<std::size_t>(n),",
        BLOCKS,
    ),
    # Formulas
    Fault(
        "the sign of KL's derivative",
        "math/sparsity.h",
        "return -rho / rho_hat + (1 - rho) / (1 - rho_hat);",
        "return rho / rho_hat - (1 - rho) / (1 - rho_hat);",
        f"{ANY_SHAPE}[deep-kl-False-float64]",
    ),
    Fault(
        "of equals the higher column stays",
        "kernels/code_cuda.cu",
        "math::comes_first(row[k], k, row[j], j)",
        "math::comes_first(row[k], -k, row[j], -j)",
        f"{FORMULAS}::test_the_largest_activations_stay[9-float64]",
    ),
    Fault(
        "the factors of a unit's weights in the other direction",
        "kernels/gradient_cuda.cu",
        "factors[transposed ? j : i]",
        "factors[transposed ? i : j]",
        f"{ANY_SHAPE}[one unit-contractive-False-float64]",
    ),
    Fault(
        "a matrix stored row by row has its norms summed down the columns",
        "kernels/sums_cuda.cu",
        "if (weights.transposed) {",
        "if (!weights.transposed) {",
        f"{ANY_SHAPE}[deep-l1-False-float64]",
    ),
    Fault(
        "the norm of a row is that of one lane's share",
        "kernels/sums_cuda.cu",
        "    sum = warp_sum(sum);\n",
        "",
        f"{ANY_SHAPE}[deep-l1-False-float64]",
    ),
    Fault(
        "weights are divided by a norm near 0",
        "math/sparsity.h",
        "squared_norm < least_norm * least_norm",
        "squared_norm == 0",
        f"{GRADIENTS}::test_a_unit_that_is_hardly_read_agrees_with_the_reference[float32-False]",
    ),
    Fault(
        "row weights are dropped in the loss",
        "kernels/sums_cuda.cu",
        "of_thread += row_weights[i] * of_rows[i];",
        "of_thread += row_weights[i] < 0 ? 0.0 : of_rows[i];",
        DEEP,
    ),
    Fault(
        "row weights are dropped in the mean activity",
        "kernels/column_sums_cuda.h",
        "row_weights[i] * entry : entry;",
        "entry : entry;",
        f"{ANY_SHAPE}[deep-kl-False-float64]",
    ),
    Fault(
        "weights are looked up by the place in the batch",
        "kernels/gather_cuda.cu",
        "batch.data.weights[batch.rows[i]] : 1.0",
        "batch.data.weights[i] : 1.0",
        f"{STEPS}[adam-none-float64]",
    ),
    # Classes
    Fault(
        "class labels off by one",
        "kernels/classes_cuda.cu",
        "const Index label = batch.data.labels[batch.rows[i]];",
        "const Index label = batch.data.labels[batch.rows[i]] - 1;",
        f"{GRADIENTS}::test_a_classifier_agrees_with_the_reference[67-sizes0-float64]",
    ),
    Fault(
        "the label's share in the delta has no weight",
        "kernels/classes_cuda.cu",
        "(k == label ? row_weights[i] : T(0))",
        "(k == label ? T(1) : T(0))",
        f"{GRADIENTS}::test_a_classifier_agrees_with_the_reference[67-sizes0-float64]",
    ),
    Fault(
        "labels of validation rows are looked up by the place in the batch",
        "kernels/classes_cuda.cu",
        "z[batch.data.labels[batch.rows[i]]]",
        "z[batch.data.labels[i]]",
        f"{STEPS}_of_a_classifier[adam-float64]",
    ),
    Fault(
        "the largest logit is taken to be the first",
        "kernels/classes_cuda.cu",
        "  along_x(n_classes, [&](Index k) { largest = z[k] > largest ? z[k] : largest; });\n",
        "",
        f"{FORMULAS}::test_softmax_crossentropy_does_not_overflow[39-float64]",
    ),
    # Noise
    Fault(
        "the quad of a column is the column",
        "kernels/gather_cuda.cu",
        "static_cast<std::uint64_t>(q), ",
        "static_cast<std::uint64_t>(first), ",
        f"{NUMBERS}::test_masks_are_those_of_the_cpu[masking]",
    ),
    Fault(
        "words of another column",
        "kernels/gather_cuda.cu",
        "C::apply(x, n, words.data(), draw.level, columns);",
        "const std::uint32_t turned[] = {words[1], words[2], words[3], words[0]};\n"
        "        C::apply(x, n, turned, draw.level, columns);",
        f"{NUMBERS}::test_masks_are_those_of_the_cpu[salt_and_pepper]",
    ),
    Fault(
        "noise forgets the rows that went before",
        "kernels/gather_cuda.cu",
        "static_cast<std::uint64_t>(data.first_row + batch.rows[i])",
        "static_cast<std::uint64_t>(batch.rows[i])",
        f"{GOES_ON}[masking]",
    ),
    Fault(
        "each epoch has the noise of the first",
        "kernels/gather_cuda.cu",
        "static_cast<std::uint64_t>(draw.epoch)",
        "static_cast<std::uint64_t>(draw.epoch * 0)",
        f"{STEPS}[adam-masking-float64]",
    ),
    Fault(
        "salt of the first columns",
        "kernels/gather_cuda.cu",
        "data.column_extremes + target.cols + first;",
        "data.column_extremes + target.cols;",
        f"{STEPS}[adam-salt_and_pepper-float64]",
    ),
    Fault(
        "masks are filled as in the first columns",
        "kernels/gather_cuda.cu",
        "columns.fill = data.mask_fill + first;",
        "columns.fill = data.mask_fill;",
        f"{UNITS}[adam-True-masking-float64]",
    ),
    # Units
    Fault(
        "the factor of another column",
        "kernels/gather_cuda.cu",
        "(from[j] - data.center[j]) * data.factor[j]",
        "(from[j] - data.center[j]) * data.factor[0]",
        f"{UNITS}[adam-True-none-float64]",
    ),
    Fault(
        "the target is scaled too",
        "kernels/gather_cuda.cu",
        "data.scales_target ? x[k] : from[j]",
        "x[k]",
        f"{UNITS}[lbfgs-False-none-float64]",
    ),
    # Updates
    Fault(
        "all scales are those of the first parameters",
        "kernels/gradient_cuda.cu",
        "state.scales ? state.scales + first : nullptr",
        "state.scales",
        f"{SCALES}[adamw-averaging]",
    ),
    Fault(
        "biases decay under adamw",
        "kernels/gradient_cuda.cu",
        "launch_move(worker, math::of_bias(rule), layer",
        "launch_move(worker, rule, layer",
        f"{STEPS}[adamw-none-float64]",
    ),
    Fault(
        "moments are swapped",
        "kernels/gradient_cuda.cu",
        "  moments[0] = state.first_moment + first;\n"
        "  if constexpr (Rule::n_moments == 2) moments[1] = state.second_moment + first;",
        "  moments[Rule::n_moments - 1] = state.first_moment + first;\n"
        "  if constexpr (Rule::n_moments == 2) moments[0] = state.second_moment + first;",
        f"{NUMBERS}::test_partial_fit_moves[to the GPU]",
    ),
    Fault(
        "updates are not counted",
        "model/trainer.cpp",
        "  ++state_.n_updates;\n  context_.run(",
        "  context_.run(",
        f"{STEPS}[adam-none-float64]",
    ),
    Fault(
        "the norm of a gradient is that of its first chunk",
        "kernels/vectors_cuda.cu",
        "of_thread += chunk_sums[chunk];",
        "of_thread += chunk == 0 ? chunk_sums[chunk] : 0;",
        f"{NUMBERS}::test_a_gradient_of_many_chunks_is_shortened",
    ),
    Fault(
        "the loss of an epoch is that of its last batch",
        "kernels/penalty_cuda.cu",
        "*total += times * j;",
        "*total = times * j;",
        f"{STEPS}[adam-none-float64]",
    ),
    # Streams and events
    Fault(
        "the computation does not wait for the copy of its rows",
        "kernels/data_cuda.cpp",
        "  slot.copied.order(compute_);\n",
        "",
        f"{STREAMED}[kl]",
    ),
    Fault(
        "a copy does not wait for the computation with what it overwrites",
        "kernels/data_cuda.cpp",
        "    slot.consumed.order(copies_);\n",
        "",
        f"{STREAMED}[kl]",
    ),
    Fault(
        "a pinned block is filled while its copy may go on",
        "kernels/data_cuda.cpp",
        "    slot.copied.wait();\n",
        "",
        f"{STREAMED}[kl]",
    ),
    Fault(
        "streamed rows are looked up by their numbers",
        "kernels/gather_cuda.cu",
        "(batch.positions ? batch.positions[i] : i) * target.cols",
        "batch.rows[i] * target.cols",
        f"{STREAMED}[kl]",
    ),
    Fault(
        "a result is read in a stream that waits for nothing",
        "kernels/context_cuda.h",
        "copy_to_host(stream().get(), n, from, to);",
        "copy_to_host(nullptr, n, from, to);",
        DEEP,
    ),
    Fault(
        "a copy on the GPU in a stream that waits for nothing",
        "kernels/context_cuda.h",
        "sizeof(V), cudaMemcpyDeviceToDevice, stream().get())",
        "sizeof(V), cudaMemcpyDeviceToDevice, nullptr)",
        f"{TRAINING}::test_early_stopping_restores_the_best_weights",
    ),
    Fault(
        "what others write to an array on the GPU is not waited for",
        "kernels/context_cuda.cpp",
        '  check_cuda(cudaDeviceSynchronize(), "what was started on the GPU before");\n',
        "",
        f"{ARRAYS}::test_answers_lie_on_the_gpu[float64]",
    ),
    # Copies and places
    Fault(
        "a copy in the wrong direction",
        "kernels/context_cuda.h",
        "sizeof(V), cudaMemcpyHostToDevice, stream)",
        "sizeof(V), cudaMemcpyDeviceToHost, stream)",
        DEEP,
    ),
    Fault(
        "kernels get the host's weights",
        "kernels/data_cuda.cpp",
        "    numbers = buffer.data();\n",
        "",
        DEEP,
    ),
    Fault(
        "the rows of an epoch are those of the first",
        "kernels/data_cuda.cpp",
        "if (held_on_gpu_.size() != n_rows) held_on_gpu_ = Buffer<Index>(n_rows);",
        "if (held_on_gpu_.size() == n_rows) return;\n  held_on_gpu_ = Buffer<Index>(n_rows);",
        f"{STEPS}[adam-none-float64]",
    ),
    Fault(
        "each batch has the rows of the first",
        "kernels/data_cuda.h",
        "held_on_gpu_.data() + (rows - held_)",
        "held_on_gpu_.data()",
        f"{STEPS}[adam-none-float64]",
    ),
    Fault(
        "each block of an answer is stored among the rows of another",
        "kernels/data_cuda.h",
        "block_.data(), data_ + first * n_cols_);",
        "block_.data(), data_ + first);",
        f"{NUMBERS}::test_many_rows_are_encoded_block_by_block",
    ),
    Fault(
        "blocks of an answer begin a row apart",
        "kernels/data_cuda.h",
        "{on_gpu_ ? data_ + first * n_cols_ : block_.data(),",
        "{on_gpu_ ? data_ + first : block_.data(),",
        f"{ARRAYS}::test_many_rows",
    ),
    Fault(
        "extremes are those of the last block of rows",
        "model/inference.cpp",
        "worker, block, first > 0, extremes.data());",
        "worker, block, false, extremes.data());",
        f"{ARRAYS}::test_noise_takes_the_extremes_of_many[rows]",
    ),
    # The state of a training
    Fault(
        "the state is not brought back after a fit",
        "model/engine_cuda.cpp",
        "    on_gpu.bring_back();\n    return result;",
        "    return result;",
        f"{STEPS}[adam-none-float64]",
    ),
    Fault(
        "the second moment is not brought back",
        "model/engine_cuda.cpp",
        "    second_moment_.bring_back();\n",
        "",
        f"{GOES_ON}[kl]",
    ),
    Fault(
        "updates are counted from 0 on",
        "model/engine_cuda.cpp",
        "    state_.n_updates = host.n_updates;\n",
        "",
        f"{GOES_ON}[kl]",
    ),
    Fault(
        "the count of updates is not brought back",
        "model/engine_cuda.cpp",
        "    host_.n_updates = state_.n_updates;\n",
        "",
        f"{GOES_ON}[kl]",
    ),
    Fault(
        "the mean activity is not carried to the next batch",
        "model/engine_cuda.cpp",
        "    state_.mean_activity = mean_activity_.data();\n",
        "",
        f"{TRAINING}::test_twenty_steps_under_sparsity_momentum",
    ),
    Fault(
        "the mean activity is not brought back",
        "model/engine_cuda.cpp",
        "    mean_activity_.bring_back();\n",
        "",
        f"{TRAINING}::test_twenty_steps_under_sparsity_momentum",
    ),
    Fault(
        "a callback sees stale weights",
        "model/engine_cuda.cpp",
        "    if (monitor_.reads_state()) state_->bring_back();\n",
        "",
        f"{NUMBERS}::test_a_callback_sees_the_weights_of_its_epoch",
    ),
    Fault(
        "nobody is asked whether to go on",
        "kernels/context_cuda.h",
        "if (!interrupted_ && !monitor_.keep_going()) interrupted_ = true;",
        "monitor_.keep_going();",
        f"{NUMBERS}::test_a_signal_is_answered",
    ),
    # What is left behind, and errors
    Fault(
        "events are not destroyed",
        "kernels/context_cuda.cpp",
        "Event::~Event() { cudaEventDestroy(event_); }",
        "Event::~Event() = default;",
        f"{FAILURES}[streamed_fit]",
    ),
    Fault(
        "a handle is lost where it can have no stream",
        "kernels/context_cuda.cpp",
        "  if (status != 0) cublas().destroy(handle_);\n",
        "",
        f"{EMULATED}::test_a_failure_at_the_first_use_leaves_nothing_behind",
    ),
    Fault(
        "a kernel that does not start is no error",
        "kernels/launch.h",
        'check_cuda(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), "starting a kernel");',
        "cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...);",
        f"{FAILURES}[gradients]",
    ),
    Fault(
        "streams that cannot wait are no error",
        "kernels/context_cuda.cpp",
        'check_cuda(cudaStreamWaitEvent(later.get(), event_, 0), "ordering two streams");',
        "cudaStreamWaitEvent(later.get(), event_, 0);",
        f"{FAILURES}[streamed_fit]",
    ),
]
