/*
 * prefactor.h - run prefactored convolutional networks from C.
 *
 * The `prefactor` command compiles a network into one .pfmodel file. This library memory-maps that file and runs it.
 *
 *     pf_error error;
 *     pf_model *model;
 *     pf_session *session;
 *     if (pf_model_open_file("net.pfmodel", NULL, &model, &error)) die(error.message);
 *     if (pf_session_create(model, NULL, &session, &error)) die(error.message);
 *     pf_session_load_image(session, 0, 0, rgb, width, height, width * 3, &error);
 *     if (pf_session_run(session, NULL, NULL, &error)) die(error.message);
 *     const float *scores = pf_session_output_buffer(session, 0);
 *     pf_session_destroy(session);
 *     pf_model_close(model);
 *
 * These rules hold for every function here:
 *   - No function crashes on bad input. A function that can fail returns a pf_status, and PF_OK is 0. A `pf_error *`
 *     may be NULL; otherwise it receives the status and a message, on success too (PF_OK and "").
 *   - A function that fails sets the targets of its out-parameters to NULL or 0 and frees all memory that it took.
 *   - Strings are NUL-terminated and owned by the model or session that returned them. From a file that Prefactor wrote
 *     they are UTF-8. From another file they may hold any bytes, so check them before you display them. In messages and
 *     the log they are UTF-8 without control characters, and "…" replaces the middle of a long one.
 *   - Sizes are in bytes unless a name says otherwise. Tensors are dense and row-major, in the dimension order of the
 *     ONNX model (images: batch, channels, height, width), and need no alignment beyond that of their element type.
 *   - There is no global state. Any number of threads may use a pf_model at once. Only one thread at a time may use a
 *     pf_session; sessions of one model are independent of each other.
 *   - After fork, a child may use its parent's models and sessions, and destroy them. A session then computes on the
 *     calling thread alone, with the same bits; a run that another thread had started goes on in the parent only.
 *     Device drivers do not survive a fork, and many hang in a child: once a process has used OpenCL, its children
 *     should keep to the CPU. A child cannot run a session that the parent created on OpenCL, nor create another
 *     session of its model on OpenCL (PF_ERROR_BACKEND). Destroying such a session frees only its own memory.
 *   - Structs for options and answers begin with struct_size, the size of the struct that the caller was compiled with.
 *     Initialize them with PF_..._INIT; then a program runs with a library that is older or newer than its header. Any
 *     size down to that of the first member is accepted (PF_ERROR_INVALID_ARGUMENT below). In options, members that the
 *     caller's struct lacks have their defaults, which all-zero members stand for, and members that the library does
 *     not know are ignored. In answers, the library writes the members that both sides know, sets them to 0 if it
 *     fails, and writes no other byte.
 *   - Creating a session, running it and loading an image round to nearest, without traps, and take subnormal numbers
 *     (below 2^-126) as zero, whatever the caller's thread has set; its settings are restored on return. NaN and
 *     infinity propagate as the operations' definitions say: an output that does not depend on one keeps its value, up
 *     to rounding.
 *   - Results do not depend on the number of threads, and repeat exactly from run to run on one machine. Equal bits
 *     across instruction sets, machines or releases are not promised.
 */
#ifndef PREFACTOR_H
#define PREFACTOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PF_VERSION_MAJOR 0
#define PF_VERSION_MINOR 1
#define PF_VERSION_PATCH 0

/* The release of the library at run time, "MAJOR.MINOR.PATCH". Never NULL. */
const char *pf_version(void);

/* ---- Status and errors ------------------------------------------------------------------------------------------- */

typedef enum pf_status {
  PF_OK = 0,
  PF_ERROR_INVALID_ARGUMENT = 10, /* a NULL that is not allowed, an index or an option out of range */
  PF_ERROR_OUT_OF_MEMORY = 20,    /* the allocator returned NULL, or the caller's block is too small */
  PF_ERROR_IO = 30,               /* the file cannot be opened, read or mapped */
  PF_ERROR_BAD_MODEL = 40,        /* the file is damaged or is not a .pfmodel */
  PF_ERROR_VERSION = 41,          /* the file needs a newer library */
  PF_ERROR_UNSUPPORTED = 50,      /* valid, but this build or backend cannot do it */
  PF_ERROR_SHAPE = 60,            /* the requested input shape does not fit the network */
  PF_ERROR_BACKEND = 70,          /* the backend is missing or failed */
  PF_ERROR_THREAD = 80,           /* threads could not be started */
  PF_ERROR_LIMIT = 90,            /* the session would exceed max_macs or max_bytes of its options */
  PF_ERROR_CANCELLED = 100        /* pf_session_cancel ended the run */
} pf_status;

/* Owned by the caller; needs no initialization. `message` says what failed, where (file, layer), and why. */
typedef struct pf_error {
  pf_status status;
  char message[508];
} pf_error;

/* The name of a status, for instance "PF_ERROR_IO". Never NULL; an unknown value gives "PF_ERROR_UNKNOWN". */
const char *pf_status_name(pf_status status);

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

/*
 * The source of the library's memory. `allocate` returns `size` bytes aligned to `alignment` (a power of two, at most
 * 64), or NULL. `release` receives a pointer that `allocate` returned, with the same size. The library calls both only
 * inside functions of this header and only on the calling thread; pf_session_run calls neither. Thread stacks (made by
 * pthread_create) and file mappings do not come from the allocator.
 */
typedef struct pf_allocator {
  void *context;
  void *(*allocate)(void *context, size_t size, size_t alignment);
  void (*release)(void *context, void *pointer, size_t size);
} pf_allocator;

typedef enum pf_log_level { PF_LOG_INFO = 10, PF_LOG_WARNING = 20 } pf_log_level;

/* Called on the thread that calls the library. `message` is valid until the callback returns. */
typedef void (*pf_log_function)(void *context, pf_log_level level, const char *message);

/* ---- Models ------------------------------------------------------------------------------------------------------ */

typedef struct pf_model pf_model;

/* If a pointer to options is NULL, all options have their defaults. */
typedef struct pf_model_options {
  size_t struct_size;
  const pf_allocator *allocator; /* NULL: malloc and free. Copied; its context must outlive the model and its
                                  * sessions */
  pf_log_function log;           /* NULL: silent. It and its context must outlive the model and its sessions */
  void *log_context;
} pf_model_options;
#define PF_MODEL_OPTIONS_INIT { sizeof(pf_model_options), NULL, NULL, NULL }

/* Memory-maps the file read-only and checks all of it, including its checksums. The file must not change while the
 * model is open. */
pf_status pf_model_open_file(const char *path, const pf_model_options *options, pf_model **model, pf_error *error);

/* Opens the `length` bytes at `data` as a model. They are used in place and not copied: they must stay valid and
 * unchanged until pf_model_close, and must be aligned to 64 bytes (PF_ERROR_INVALID_ARGUMENT otherwise). */
pf_status pf_model_open_memory(const void *data, size_t length, const pf_model_options *options, pf_model **model,
                               pf_error *error);

/* Destroy all sessions of the model first. NULL is ignored. */
void pf_model_close(pf_model *model);

/* What a tensor's elements are, numbered as in ONNX. Computation is in PF_FLOAT32, and indices are PF_INT64. Elements
 * of the other types can only be moved, for instance transposed or concatenated. The integers of a quantized tensor
 * stand for real numbers (see pf_tensor_info). */
typedef enum pf_type {
  PF_FLOAT32 = 1,
  PF_UINT8 = 2,
  PF_INT8 = 3,
  PF_INT32 = 6,
  PF_INT64 = 7,
  PF_FLOAT16 = 10 /* IEEE half precision */
} pf_type;

#define PF_MAX_RANK 8

/* The description of a tensor. In a model's infos, a dimension that becomes known when a session is created is -1. An
 * open dimension of an input has a name; all dimensions with the same name have the same size.
 *
 * Tensors of PF_UINT8, PF_INT8 and PF_INT32 may be quantized. An element q then stands for the real number
 *
 *     scale * (q - zero_point)
 *
 * as in ONNX's DequantizeLinear. There is one scale and one zero point for the whole tensor, or one of each for every
 * index along dimension `quantized_dim`. The library only reports them. All pointers are the model's, and are valid
 * until it is closed. */
typedef struct pf_tensor_info {
  size_t struct_size;
  const char *name;
  pf_type type;
  int32_t rank; /* 0 is a scalar */
  int64_t dims[PF_MAX_RANK];
  size_t bytes; /* 0 while a dimension is -1 */
  const char *dim_names[PF_MAX_RANK]; /* the name of an open dimension; NULL for the others, and for dimensions of
                                       * outputs that are computed from open ones */
  size_t scale_count;         /* 0: the tensor is not quantized */
  const float *scales;        /* positive; NULL if the tensor is not quantized */
  const int32_t *zero_points; /* as many; numbers of the tensor's type, and 0 for PF_INT32 */
  int32_t quantized_dim;      /* -1: none */
} pf_tensor_info;
#define PF_TENSOR_INFO_INIT { sizeof(pf_tensor_info), NULL, PF_FLOAT32, 0, {0}, 0, {NULL}, 0, NULL, NULL, -1 }

size_t pf_model_input_count(const pf_model *model);
size_t pf_model_output_count(const pf_model *model);
/* PF_ERROR_INVALID_ARGUMENT if there is no such input or output. */
pf_status pf_model_input_info(const pf_model *model, size_t index, pf_tensor_info *info);
pf_status pf_model_output_info(const pf_model *model, size_t index, pf_tensor_info *info);

/* Class names, in the order of the last output's elements. The count is 0 if the file has none. NULL past the end. */
size_t pf_model_label_count(const pf_model *model);
const char *pf_model_label(const pf_model *model, size_t index);

/* Free-form facts about the model ("producer", "source", ...). "onnx.input_type.NAME" is the type that input NAME had
 * in ONNX, if it was another: that of 8-bit images, for instance, which a program passes here as floats from 0 to 255.
 * NULL past the end. */
size_t pf_model_metadata_count(const pf_model *model);
const char *pf_model_metadata_key(const pf_model *model, size_t index);
const char *pf_model_metadata_value(const pf_model *model, size_t index);

typedef enum pf_resize { PF_RESIZE_STRETCH = 1, PF_RESIZE_SHORTER_SIDE_CROP = 2 } pf_resize;
typedef enum pf_channels { PF_CHANNELS_RGB = 1, PF_CHANNELS_BGR = 2, PF_CHANNELS_GRAY = 3 } pf_channels;
typedef enum pf_layout {
  PF_LAYOUT_CHANNELS_FIRST = 0, /* batch, channels, height, width */
  PF_LAYOUT_CHANNELS_LAST = 1   /* batch, height, width, channels */
} pf_layout;

/* How an 8-bit image becomes the first input. The image is resized to width x height with antialiased bilinear
 * filtering: it is either stretched, or its shorter side is scaled to `crop` and its center is cut out. Then each
 * channel becomes (x - mean) / deviation, with x in 0...255. */
typedef struct pf_preprocessing {
  size_t struct_size;
  int32_t width, height;
  int32_t resize;   /* pf_resize */
  int32_t crop;     /* pixels of the shorter side before cropping; 0 for PF_RESIZE_STRETCH */
  int32_t channels; /* pf_channels */
  float mean[3], deviation[3];
  int32_t layout;   /* pf_layout of the input */
} pf_preprocessing;
#define PF_PREPROCESSING_INIT { sizeof(pf_preprocessing), 0, 0, 0, 0, 0, {0}, {0}, 0 }

/* PF_ERROR_UNSUPPORTED if the file has none. */
pf_status pf_model_preprocessing(const pf_model *model, pf_preprocessing *preprocessing);

/* A convolution or fully-connected layer of the original network, and how it was factored. Multiply-adds are for one
 * image, at the size in the file. If that size is open, they are for the preprocessing's size, or else for 224 or
 * another size that the network takes. */
typedef struct pf_layer_info {
  size_t struct_size;
  const char *name;       /* the ONNX node's name, or its first output's */
  const char *method;     /* "none", "svd", "channel", ... */
  const char *parameters; /* JSON: ranks and metric; "{}" for method "none" */
  uint64_t macs_before, macs_after;
  uint64_t bytes_before, bytes_after; /* of weights and biases */
  double relative_error;  /* of the weights, in the metric that `parameters` names; 0 for method "none" */
} pf_layer_info;
#define PF_LAYER_INFO_INIT { sizeof(pf_layer_info), NULL, NULL, NULL, 0, 0, 0, 0, 0 }

size_t pf_model_layer_count(const pf_model *model);
pf_status pf_model_layer_info(const pf_model *model, size_t index, pf_layer_info *info);

/* ---- Sessions ---------------------------------------------------------------------------------------------------- */

typedef struct pf_session pf_session;

typedef enum pf_backend {
  PF_BACKEND_CPU = 0,
  PF_BACKEND_OPENCL = 10 /* experimental */
} pf_backend;

/* One of `count` jobs. `argument` belongs to the library. */
typedef void (*pf_job)(void *argument, size_t index);

/* Calls job(argument, index) once for each index below `count`, on any threads, concurrently or one after another, and
 * returns when all calls have returned. The jobs must see what the caller wrote before, and the caller what they wrote.
 * Jobs wait for nothing and call no functions of the program. This function must not fail, nor exit by longjmp or an
 * exception. */
typedef void (*pf_parallel_for)(void *context, pf_job job, void *argument, size_t count);

/* The shape that an input is to have. */
typedef struct pf_input_shape {
  int32_t rank;              /* the input's rank; 0: this shape is not given */
  int64_t dims[PF_MAX_RANK]; /* at most 2^24; 0 or -1: this size is not given */
} pf_input_shape;

/* An open dimension takes its size from `input_shapes`. If they do not give it, a batch, height, width or length takes
 * it from the member of that name; else the height and width of an image are the preprocessing's, and a batch is 1. A
 * dimension that is still open is an error, PF_ERROR_SHAPE, whose message names it. Two sizes for one name are the same
 * error, and so is a size that differs from that of a fixed dimension. What options point to is copied and need not
 * outlive the call, except for contexts and `memory`. */
typedef struct pf_session_options {
  size_t struct_size;
  int32_t threads;               /* 0: one for each of `cpus`, or if that is NULL, for each processor that the calling
                                  * thread may run on; but no more than 64, nor than the CPU quota of its control
                                  * group, rounded up. Otherwise 1 to 64. The caller's thread is one of them */
  int32_t backend;               /* pf_backend */
  int64_t batch;                 /* images per run if the model leaves the batch open, at most 2^24; 0: 1. If the batch
                                  * is fixed, a value above 1 must be that of an input (PF_ERROR_SHAPE otherwise), and
                                  * likewise a `height`, `width` or `length` above 0 */
  int64_t height, width;         /* of the input if the model leaves them open, at most 2^24; 0: the preprocessing's
                                  * size */
  const pf_allocator *allocator; /* NULL: the model's. Copied */
  void *memory;                  /* not NULL: all memory comes from this block, and the allocator is not called */
  size_t memory_size;
  int32_t profile;               /* 1: pf_session_step_info reports times */
  int32_t low_memory;            /* 1: convolutions use their weights only as they lie in the file. 0: those of 3x3 and
                                  * larger may keep them in another form, which is 2 to 8 times as large and takes half
                                  * the time; groups of few channels may be merged, which enlarges their weights; and
                                  * for large images an input may stay in memory beside the output, so that layers are
                                  * computed in strips (see total_bytes) */
  int32_t cpu_fallback;          /* Experimental, like all of OpenCL. 1: if the OpenCL backend is not available, the
                                  * session falls back to the CPU and writes the reason to the log */
  const char *device;            /* Experimental. OpenCL: a number below pf_device_count, or a part of a device's name;
                                  * NULL or "": the first GPU, or else the first device */
  const char *cache;             /* Experimental. OpenCL: a folder for compiled programs and measured tile sizes. NULL:
                                  * $XDG_CACHE_HOME/prefactor or ~/.cache/prefactor, without programs if the driver
                                  * caches them itself, as PoCL does. "": none. Sessions of a model on one device use
                                  * the folder of the first session */
  int32_t half_precision;        /* Experimental. OpenCL: 1: activations lie in the device's memory as half-precision
                                  * numbers, in half the space and to three digits; those above 65504 become infinite.
                                  * GPUs with `half_arithmetic` also multiply weights and activations in half
                                  * precision, so that the same holds for products. Inputs and outputs are floats. The
                                  * CPU ignores this */
  int32_t tune;                  /* Experimental. OpenCL: 1: measures now which tiles are fastest for this session's
                                  * convolutions, which takes minutes, and keeps the result in `cache` for later
                                  * sessions. 0: a few tiles are measured once per device, if there is a `cache` */
  const int32_t *cpus;           /* the numbers in Linux of the processors that the session's threads may run on, for
                                  * instance the fast cores. The calling thread stays where it is. Copied. NULL: those
                                  * that the calling thread may run on at each run. PF_ERROR_INVALID_ARGUMENT if one
                                  * is not the number of a processor; PF_ERROR_THREAD if the system has or allows none
                                  * of them */
  size_t cpu_count;              /* number of `cpus`; at least 1 unless `cpus` is NULL */
  pf_parallel_for parallel_for;  /* the caller's own thread pool. Not NULL: the library starts no threads, and places
                                  * none on `cpus`. Where there is work for several, it calls this from inside
                                  * pf_session_create, pf_session_run and pf_session_load_image, on the calling thread,
                                  * with at most `threads` jobs, mostly once per layer. The results are the same bits */
  void *parallel_for_context;
  uint64_t max_macs;             /* the most work of a run, as pf_step_info counts it; 0: no limit. Use it for models
                                  * from strangers: a file of one kilobyte may take hours and terabytes. Such a model
                                  * fails with PF_ERROR_LIMIT and a message that names the layer that takes most. A
                                  * core does about 10^9 to 10^11 per second */
  size_t max_bytes;              /* the most memory of the session (total_bytes, and with OpenCL the device's memory
                                  * too); 0: no limit */
  int64_t length;                /* of a signal (an input with one such dimension) if the model leaves it open, at most
                                  * 2^24; 0: `width` */
  const pf_input_shape *input_shapes; /* of the first `input_shape_count` inputs, in their order. Copied */
  size_t input_shape_count;
} pf_session_options;
#define PF_SESSION_OPTIONS_INIT { sizeof(pf_session_options), 0, PF_BACKEND_CPU, 0, 0, 0, NULL, NULL, 0, 0, 0, 0, \
                                  NULL, NULL, 0, 0, NULL, 0, NULL, NULL, 0, 0, 0, NULL, 0 }

/* The `memory_size` that a session with these options needs, whatever the alignment of the block. Planning takes memory
 * from the model's allocator and gives it back. PF_ERROR_UNSUPPORTED for OpenCL, where the driver takes memory of its
 * own. */
pf_status pf_session_memory_required(const pf_model *model, const pf_session_options *options, size_t *bytes,
                                     pf_error *error);

/* Plans the memory, starts the threads and chooses kernels for this CPU. Environment variables: PREFACTOR_ISA = scalar,
 * baseline, avx2, avx512 or neon forces a kernel set (PF_ERROR_UNSUPPORTED if the CPU or the build lacks it).
 * PREFACTOR_ALGORITHM = direct, winograd-2x2-3x3, winograd-3x3-3x3, winograd-4x4-3x3, winograd-6x6-3x3,
 * winograd-2x2-5x5, winograd-4x4-5x5, winograd-6-3, winograd-4-5 or fft-16x16 forces an algorithm for every convolution
 * that it can compute; the others, and all on the scalar set, are computed directly (PF_ERROR_UNSUPPORTED for any other
 * name). */
pf_status pf_session_create(pf_model *model, const pf_session_options *options, pf_session **session, pf_error *error);

/* NULL is ignored. */
void pf_session_destroy(pf_session *session);

/* Like the model's infos, with every dimension known. */
pf_status pf_session_input_info(const pf_session *session, size_t index, pf_tensor_info *info);
pf_status pf_session_output_info(const pf_session *session, size_t index, pf_tensor_info *info);

/* The session's own buffers, aligned to 64 bytes; NULL if there is no such tensor. An input buffer keeps its contents
 * until the next run, which may overwrite it. An output buffer keeps them until the next run, or until an input buffer
 * is written (they may share memory). With OpenCL they are the device's memory as the driver maps it: ask for them
 * again after each run, do not rely on their alignment, and expect NULL after a run that failed. */
void *pf_session_input_buffer(pf_session *session, size_t index);
const void *pf_session_output_buffer(const pf_session *session, size_t index);

/*
 * Runs the network once. `inputs` and `outputs` are arrays with one pointer for each input and output. A NULL entry, or
 * a NULL array, means the session's own buffer. The caller's input buffers are only read. Buffers must not overlap. The
 * function allocates nothing.
 *
 * The session's threads are awake during the run, and go to sleep .2 ms after it. They may run on the session's `cpus`,
 * or else on the processors that the calling thread may run on. If there are enough of these, they avoid the one that
 * it is running on. They block all signals except those that a fault of their own raises (SIGSEGV, SIGBUS, SIGFPE,
 * SIGILL, SIGTRAP, SIGSYS).
 */
pf_status pf_session_run(pf_session *session, const void *const *inputs, void *const *outputs, pf_error *error);

/* Cancels the run in progress within milliseconds: pf_session_run then returns PF_ERROR_CANCELLED, the contents of the
 * output buffers are undefined, and the session can be run again. If there is no run in progress, or it is almost done,
 * the call has no effect, on later runs either. So a caller that waits for a run to end repeats the call until
 * pf_session_run has returned. Any thread or signal handler may call this, as long as the session is not destroyed
 * meanwhile: it is one lock-free exchange. An OpenCL device finishes the kernels that it has been given. NULL is
 * ignored. */
void pf_session_cancel(pf_session *session);

/* Writes an 8-bit RGB image (interleaved, with `row_bytes` from row to row, at least 3 * width) of any size into image
 * `batch_index` of the session's own buffer of input `input_index`, as the model's preprocessing says. Each side is at
 * most 65536 pixels. The function reads nothing past the last pixel of the last row, but may read what lies between
 * rows. It allocates nothing.
 *
 * Resizing gives the same bits as Pillow's `resize(..., BILINEAR)`, the rows first and then the columns, on every
 * processor and with any number of threads. (Pillow 13 resizes the columns of some images first; pixels then differ by
 * at most one of 255.) Large images wake the session's threads during the call, as a run does. Do not call this during
 * a run of the session. */
pf_status pf_session_load_image(pf_session *session, size_t input_index, size_t batch_index, const uint8_t *rgb,
                                size_t width, size_t height, size_t row_bytes, pf_error *error);

typedef struct pf_session_info {
  size_t struct_size;
  const char *isa;         /* "avx512", "neon", ... */
  int32_t threads;
  size_t activation_bytes; /* peak: all intermediate tensors as planned, with the inputs and outputs in the session */
  size_t live_bytes;       /* a lower bound of that: the largest set of tensors that are alive at one step */
  size_t workspace_bytes;  /* scratch memory of the kernels, for all threads */
  size_t total_bytes;      /* all memory that the session took from its allocator or block */
} pf_session_info;
#define PF_SESSION_INFO_INIT { sizeof(pf_session_info), NULL, 0, 0, 0, 0, 0 }

pf_status pf_session_get_info(const pf_session *session, pf_session_info *info);

/* One step of the plan. */
typedef struct pf_step_info {
  size_t struct_size;
  const char *name;
  const char *operation;
  int32_t layer; /* index for pf_model_layer_info, or -1 */
  uint64_t macs; /* of all images: multiply-adds, or for other operations, what takes about as long as one: 1 for each
                  * element that is copied or computed from one or two others, 3 for each of a softmax, 4 for each of a
                  * linear resize, the number of elements in the window for each of a pool or normalization, and the
                  * number of elements to reduce for a reduction */
  uint64_t nanoseconds; /* the time of the last run; 0 unless the session was created with `profile` */
  const char *kernel; /* how it is computed: "direct", "depthwise", "pool", ...; "host" if an OpenCL device has no
                       * kernel for it and the CPU computes it; "view" if there is nothing to do; "fused" if a later
                       * step computes it, whose `macs`, `bytes` and `nanoseconds` then include it */
  uint64_t bytes;     /* of its inputs, constants and output as they lie in memory, for all images; 0 for a view */
} pf_step_info;
#define PF_STEP_INFO_INIT { sizeof(pf_step_info), NULL, NULL, 0, 0, 0, NULL, 0 }

size_t pf_session_step_count(const pf_session *session);
pf_status pf_session_step_info(const pf_session *session, size_t index, pf_step_info *info);

/* ---- Experimental ---------------------------------------------------------------------------------------------------
 *
 * This part may change or disappear in any release, even the next patch. A program asks for it with
 *
 *     #define PREFACTOR_EXPERIMENTAL
 *
 * before it includes this header. The soname stands for programs that do not. Three more things are experimental,
 * though they cannot stand here: the backend PF_BACKEND_OPENCL, the members of pf_session_options that say so, and the
 * environment variable PREFACTOR_ALGORITHM.
 */
#ifdef PREFACTOR_EXPERIMENTAL

/* A device of this machine. Strings are truncated to fit. */
typedef struct pf_device_info {
  size_t struct_size;
  char name[128], platform[128];
  char version[128], driver[128];
  int32_t is_gpu;               /* 1: a GPU; 0: the CPU */
  int32_t shares_memory;        /* 1: with the CPU, so that weights and activations are not copied */
  int32_t half_arithmetic;      /* 1: it multiplies half-precision numbers (cl_khr_fp16) */
  int32_t compute_units;
  uint64_t memory_bytes;
  uint64_t largest_buffer_bytes;/* neither a model's file nor all activations of a session may be larger */
  uint64_t local_bytes;
  uint64_t largest_work_group;
} pf_device_info;
#define PF_DEVICE_INFO_INIT { sizeof(pf_device_info), {0}, {0}, {0}, {0}, 0, 0, 0, 0, 0, 0, 0, 0 }

/* The number of devices of a backend, and the description of one. `error` may be NULL. For PF_BACKEND_OPENCL each call
 * looks for the OpenCL library: the one that the environment variable PREFACTOR_OPENCL_LIBRARY names, or else the first
 * of the usual ones. PF_ERROR_BACKEND if there is none, if it fails, or if this library was built without OpenCL
 * (creating a session is then PF_ERROR_UNSUPPORTED). Finding no device is not an error. PF_ERROR_INVALID_ARGUMENT if
 * there is no such backend or device. The CPU is not a device, so its backend has none. Any thread may call these. */
pf_status pf_device_count(pf_backend backend, size_t *count, pf_error *error);
pf_status pf_device_get_info(pf_backend backend, size_t index, pf_device_info *info, pf_error *error);

#endif /* PREFACTOR_EXPERIMENTAL */

#ifdef __cplusplus
}
#endif
#endif
