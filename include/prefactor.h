/*
 * prefactor.h - run prefactored convolutional networks from C.
 *
 * A network is compiled by the `prefactor` command into one .pfmodel file; this library maps that file and runs it.
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
 * Rules that hold for every function here:
 *   - Nothing crashes on bad input: a function that can fail returns a pf_status, and PF_OK is 0. Where a `pf_error *`
 *     is taken it may be NULL; otherwise it receives the status and a message, on success too (PF_OK and "").
 *   - A function that fails leaves its out-parameters' targets set to NULL or 0 and frees all that it had taken.
 *   - Strings are NUL-terminated, and owned by the model or session that returned them. Those of a file that Prefactor
 *     wrote are UTF-8; any other may hold any bytes, so that who shows them has to look at them. In messages and the
 *     log they are UTF-8 without control characters, and long ones have "…" in place of their middle.
 *   - Sizes are in bytes unless a name says otherwise. Tensors are dense, row-major, in the dimension order of the ONNX
 *     model (images: batch, channels, height, width), and need no particular alignment beyond that of their type.
 *   - There is no global state. A pf_model may be used by any number of threads at once. A pf_session may be used by
 *     one thread at a time; sessions of one model are independent of each other.
 *   - After fork, a child may go on with models and sessions of its parent, and destroy them. A session then computes
 *     on the calling thread alone, with the same bits; a run that another thread had begun goes on in the parent only.
 *     Drivers of devices do not outlive a fork, and many hang in a child: once a process has used OpenCL, its children
 *     keep to the CPU. A session on OpenCL that the parent had cannot be run there, nor another of its model be made
 *     (PF_ERROR_BACKEND); destroying it gives back its own memory only.
 *   - Structs that options or answers come in open with struct_size, the size of the struct that the caller was
 *     compiled with: start from PF_..._INIT. So a program runs with a library that is older or newer than its header.
 *     Any size down to that of the first member is accepted (PF_ERROR_INVALID_ARGUMENT below). Of options, members that
 *     the caller's struct lacks have their defaults, which all-zero members stand for, and members that the library
 *     does not know are ignored. Of answers, the library writes those members that both know, to 0 where it fails, and
 *     no other byte.
 *   - Creating and running a session and loading an image compute rounding to nearest, with no traps, and with
 *     subnormal numbers (below 2^-126) taken for zero, whatever the caller's thread has set; that is as it was when the
 *     function returns. NaN and infinity go where the operations' definitions send them: an output that does not depend
 *     on one stays what it would be.
 *   - Results do not depend on the number of threads, and repeat exactly from run to run on one machine. Not promised:
 *     equal bits across instruction sets, machines or releases.
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
  PF_ERROR_INVALID_ARGUMENT = 10, /* a NULL where none may be, an index out of range, an option out of its range */
  PF_ERROR_OUT_OF_MEMORY = 20,    /* the allocator said no, or the caller's block is too small */
  PF_ERROR_IO = 30,               /* the file cannot be opened, read or mapped */
  PF_ERROR_BAD_MODEL = 40,        /* the file is damaged or was never a .pfmodel */
  PF_ERROR_VERSION = 41,          /* the file needs a newer library */
  PF_ERROR_UNSUPPORTED = 50,      /* valid, but not something this build or backend can do */
  PF_ERROR_SHAPE = 60,            /* the requested input shape does not fit the network */
  PF_ERROR_BACKEND = 70,          /* the backend is missing or failed */
  PF_ERROR_THREAD = 80,           /* threads could not be started */
  PF_ERROR_LIMIT = 90,            /* the session would take more than its options' max_macs or max_bytes allow */
  PF_ERROR_CANCELLED = 100        /* pf_session_cancel ended the run */
} pf_status;

/* Caller-owned; needs no initialisation. `message` says what failed, where (file, layer), and why. */
typedef struct pf_error {
  pf_status status;
  char message[508];
} pf_error;

/* The name of a status, for instance "PF_ERROR_IO". Never NULL: an unknown value gives "PF_ERROR_UNKNOWN". */
const char *pf_status_name(pf_status status);

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

/*
 * Where the library takes memory from. `allocate` returns `size` bytes aligned to `alignment` (a power of two, at most
 * 64), or NULL; `release` gets a pointer that `allocate` returned, with the same size. Both are called only inside
 * functions of this header and only on the calling thread; pf_session_run calls neither. Thread stacks (made by
 * pthread_create) and file mappings do not come from here.
 */
typedef struct pf_allocator {
  void *context;
  void *(*allocate)(void *context, size_t size, size_t alignment);
  void (*release)(void *context, void *pointer, size_t size);
} pf_allocator;

typedef enum pf_log_level { PF_LOG_INFO = 10, PF_LOG_WARNING = 20 } pf_log_level;

/* Called on the thread that calls the library; `message` lives until the callback returns. */
typedef void (*pf_log_function)(void *context, pf_log_level level, const char *message);

/* ---- Models ------------------------------------------------------------------------------------------------------ */

typedef struct pf_model pf_model;

/* Where a pointer to options is NULL, all of them have their defaults. */
typedef struct pf_model_options {
  size_t struct_size;
  const pf_allocator *allocator; /* NULL: malloc and free. Copied; its context must outlive the model and its
                                  * sessions */
  pf_log_function log;           /* NULL: silent. It and its context must outlive the model and its sessions */
  void *log_context;
} pf_model_options;
#define PF_MODEL_OPTIONS_INIT { sizeof(pf_model_options), NULL, NULL, NULL }

/* Maps the file read-only and checks all of it, checksums included. The file must not change while the model is
 * open. */
pf_status pf_model_open_file(const char *path, const pf_model_options *options, pf_model **model, pf_error *error);

/* The same on `length` bytes at `data`, which are used in place and not copied: they must stay valid and unchanged
 * until pf_model_close, and be aligned to 64 bytes (PF_ERROR_INVALID_ARGUMENT otherwise). */
pf_status pf_model_open_memory(const void *data, size_t length, const pf_model_options *options, pf_model **model,
                               pf_error *error);

/* Every session of the model must have been destroyed. NULL is ignored. */
void pf_model_close(pf_model *model);

typedef enum pf_type { PF_FLOAT32 = 1, PF_INT64 = 7 } pf_type;

#define PF_MAX_RANK 8

/* What a tensor looks like. In a model's infos a dimension that is known when a session is created is -1. An open
 * dimension of an input has a name, and is of one size wherever that name occurs. */
typedef struct pf_tensor_info {
  size_t struct_size;
  const char *name;
  pf_type type;
  int32_t rank; /* 0 is a scalar */
  int64_t dims[PF_MAX_RANK];
  size_t bytes; /* 0 while a dimension is -1 */
  const char *dim_names[PF_MAX_RANK]; /* the name of an open dimension; NULL for the others, and for those of outputs
                                       * that only follow from one */
} pf_tensor_info;
#define PF_TENSOR_INFO_INIT { sizeof(pf_tensor_info), NULL, PF_FLOAT32, 0, {0}, 0, {NULL} }

size_t pf_model_input_count(const pf_model *model);
size_t pf_model_output_count(const pf_model *model);
/* PF_ERROR_INVALID_ARGUMENT when there is no such input or output. */
pf_status pf_model_input_info(const pf_model *model, size_t index, pf_tensor_info *info);
pf_status pf_model_output_info(const pf_model *model, size_t index, pf_tensor_info *info);

/* Class names in the order of the last output's elements; 0 when the file carries none. NULL past the end. */
size_t pf_model_label_count(const pf_model *model);
const char *pf_model_label(const pf_model *model, size_t index);

/* Free-form facts about the model ("producer", "source", ...). "onnx.input_type.NAME" is the type that input NAME had
 * in ONNX where that was another: 8-bit images, for instance, which a program here gives as floats from 0 to 255. NULL
 * past the end. */
size_t pf_model_metadata_count(const pf_model *model);
const char *pf_model_metadata_key(const pf_model *model, size_t index);
const char *pf_model_metadata_value(const pf_model *model, size_t index);

typedef enum pf_resize { PF_RESIZE_STRETCH = 1, PF_RESIZE_SHORTER_SIDE_CROP = 2 } pf_resize;
typedef enum pf_channels { PF_CHANNELS_RGB = 1, PF_CHANNELS_BGR = 2, PF_CHANNELS_GRAY = 3 } pf_channels;
typedef enum pf_layout {
  PF_LAYOUT_CHANNELS_FIRST = 0, /* batch, channels, height, width */
  PF_LAYOUT_CHANNELS_LAST = 1   /* batch, height, width, channels */
} pf_layout;

/* How an 8-bit image becomes the first input: resized with antialiased bilinear filtering to width x height, either by
 * stretching, or by scaling the shorter side to `crop` and cutting the centre out; then (x - mean) / deviation per
 * channel, x in 0...255. */
typedef struct pf_preprocessing {
  size_t struct_size;
  int32_t width, height;
  int32_t resize;   /* pf_resize */
  int32_t crop;     /* pixels of the shorter side before the cut; 0 for PF_RESIZE_STRETCH */
  int32_t channels; /* pf_channels */
  float mean[3], deviation[3];
  int32_t layout;   /* pf_layout: of the input */
} pf_preprocessing;
#define PF_PREPROCESSING_INIT { sizeof(pf_preprocessing), 0, 0, 0, 0, 0, {0}, {0}, 0 }

/* PF_ERROR_UNSUPPORTED when the file carries none. */
pf_status pf_model_preprocessing(const pf_model *model, pf_preprocessing *preprocessing);

/* A convolution or fully-connected layer of the original network and what became of it. Multiply-adds are for one image
 * at the size in the file; where that is open, at the preprocessing's, or else at 224 or the next size that the network
 * takes. */
typedef struct pf_layer_info {
  size_t struct_size;
  const char *name;       /* the ONNX node's name, or its first output's */
  const char *method;     /* "none", "svd", "channel", ... */
  const char *parameters; /* JSON: ranks and metric, "{}" for none */
  uint64_t macs_before, macs_after;
  uint64_t bytes_before, bytes_after; /* of weights and biases */
  double relative_error;  /* of the weights, in the metric that `parameters` names; 0 for none */
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

/* One of `count` jobs; `argument` is the library's. */
typedef void (*pf_job)(void *argument, size_t index);

/* Calls job(argument, index) once for each index below `count`, on any threads, at the same time or one after the
 * other, and returns when all calls have: what the caller wrote before is visible to the jobs, and what they wrote to
 * the caller after. Jobs wait for nothing and call nothing of the program's. It must not fail, and must not leave by
 * longjmp or an exception. */
typedef void (*pf_parallel_for)(void *context, pf_job job, void *argument, size_t count);

/* The sizes that an input is to have. */
typedef struct pf_input_shape {
  int32_t rank;              /* the input's, or 0 to say nothing of it */
  int64_t dims[PF_MAX_RANK]; /* at most 2^24; 0 or -1: as it would be without */
} pf_input_shape;

/* An open dimension takes its size from `input_shapes`; where those say nothing, from `batch`, `height`, `width` or
 * `length`, if it is that; then an image's height and width are the preprocessing's, and a batch is 1. What is still
 * open is an error, PF_ERROR_SHAPE, which names it, and so are two sizes for one name and a size other than a fixed
 * dimension's. But for contexts and `memory`, what options point to is copied, and need not outlive the call. */
typedef struct pf_session_options {
  size_t struct_size;
  int32_t threads;               /* 0: one for each of `cpus`, or else for each processor that the calling thread may
                                  * run on, but no more than the CPU quota of its control group (cpu.max), rounded up;
                                  * else 1 to 64. The caller's thread is one of them */
  int32_t backend;               /* pf_backend */
  int64_t batch;                 /* images a run where the model leaves that open, at most 2^24; 0: 1. Where it does
                                  * not, another than 1 has to be what an input has, and so with the next ones: else
                                  * PF_ERROR_SHAPE */
  int64_t height, width;         /* of the input where the model leaves them open, at most 2^24; 0: the preprocessing's
                                  * size */
  const pf_allocator *allocator; /* NULL: the model's. Copied */
  void *memory;                  /* not NULL: everything comes from this block and the allocator is not called */
  size_t memory_size;
  int32_t profile;               /* 1: pf_session_step_info gives times */
  int32_t low_memory;            /* 1: convolutions use their weights as they lie in the file only. Otherwise 3x3 and
                                  * larger ones may keep them in another form, 2 to 8 times as large, and take half the
                                  * time; those of groups of few channels be merged, and grow with it; and of large
                                  * images an input may stay in memory beside the output, to compute layers in strips
                                  * (see total_bytes) */
  int32_t cpu_fallback;          /* Experimental, as is all of OpenCL. 1: where the OpenCL backend cannot be had, the
                                  * CPU is taken, and the log told why */
  const char *device;            /* Experimental. OpenCL: a number below pf_device_count, or a part of a device's name;
                                  * NULL: the first GPU, or else the first device */
  const char *cache;             /* Experimental. OpenCL: a folder for compiled programs and measured tile sizes; NULL:
                                  * $XDG_CACHE_HOME/prefactor or ~/.cache/prefactor, without programs where the driver,
                                  * as PoCL does, keeps them itself; "": none. Sessions of a model on one device have
                                  * that of the first */
  int32_t half_precision;        /* Experimental. OpenCL: 1: activations lie in the device's memory as half-precision
                                  * numbers, in half the space and to three digits, and those above 65504 become
                                  * infinite. GPUs with `half_arithmetic` multiply weights and activations as such too,
                                  * so that the same holds of products. Inputs and outputs are floats. The CPU takes no
                                  * notice of it */
  int32_t tune;                  /* Experimental. OpenCL: 1: measures now which tiles are fastest for this session's
                                  * convolutions, which takes minutes, and keeps that in `cache` for later ones. Without
                                  * it a few are measured once a device */
  const int32_t *cpus;           /* the numbers of the processors that the session's threads may run on, as Linux counts
                                  * them, for instance the fast ones of several kinds; the calling thread stays where it
                                  * is. Copied. NULL: those that the calling thread may run on at each run.
                                  * PF_ERROR_THREAD where the system has or allows none of them */
  size_t cpu_count;              /* entries of `cpus`; 1 or more, unless that is NULL */
  pf_parallel_for parallel_for;  /* the caller's own pool. Not NULL: no threads are started; where there is work for
                                  * several, the library calls this from inside pf_session_create, pf_session_run and
                                  * pf_session_load_image, on the calling thread, with at most `threads` jobs, mostly
                                  * once a layer. The bits are the same. Without meaning with `cpus` */
  void *parallel_for_context;
  uint64_t max_macs;             /* the most work of a run, as pf_step_info counts it; 0: no limit. For models of
                                  * strangers, of which a file of a kilobyte may take hours and terabytes: such a one
                                  * fails with PF_ERROR_LIMIT and a message that names the layer that takes most. A core
                                  * does some 10^9 to 10^11 a second */
  size_t max_bytes;              /* the most memory of the session (total_bytes, and with OpenCL that of the device
                                  * too); 0: no limit */
  int64_t length;                /* of a signal, an input with one such dimension, where the model leaves it open, at
                                  * most 2^24; 0: `width` */
  const pf_input_shape *input_shapes; /* of the first `input_shape_count` inputs, in their order. Copied */
  size_t input_shape_count;
} pf_session_options;
#define PF_SESSION_OPTIONS_INIT { sizeof(pf_session_options), 0, PF_BACKEND_CPU, 0, 0, 0, NULL, NULL, 0, 0, 0, 0, \
                                  NULL, NULL, 0, 0, NULL, 0, NULL, NULL, 0, 0, 0, NULL, 0 }

/* The `memory_size` that a session with these options needs, whatever the alignment of the block. It plans in memory of
 * the model's allocator, which it gives back. PF_ERROR_UNSUPPORTED for OpenCL, as there the driver takes memory of its
 * own. */
pf_status pf_session_memory_required(const pf_model *model, const pf_session_options *options, size_t *bytes,
                                     pf_error *error);

/* Plans memory, starts the threads, chooses kernels for this CPU. Environment: PREFACTOR_ISA = scalar, baseline, avx2,
 * avx512 or neon forces a kernel set (PF_ERROR_UNSUPPORTED when the CPU or the build lacks it); PREFACTOR_ALGORITHM =
 * direct, winograd-2x2-3x3, winograd-4x4-3x3, winograd-6x6-3x3, winograd-2x2-5x5, winograd-4x4-5x5, winograd-6-3,
 * winograd-4-5 or fft-16x16 has every convolution that it can compute computed that way, and the others directly
 * (PF_ERROR_UNSUPPORTED for any other name). */
pf_status pf_session_create(pf_model *model, const pf_session_options *options, pf_session **session, pf_error *error);

/* NULL is ignored. */
void pf_session_destroy(pf_session *session);

/* Like the model's, with every dimension known. */
pf_status pf_session_input_info(const pf_session *session, size_t index, pf_tensor_info *info);
pf_status pf_session_output_info(const pf_session *session, size_t index, pf_tensor_info *info);

/* The session's own buffers, aligned to 64 bytes; NULL when there is no such tensor. An input buffer keeps its contents
 * until the next run, which may overwrite it; an output buffer until the next run, or until an input buffer is written
 * (they may share memory). With OpenCL they are the device's memory as the driver maps it: ask for them again after
 * each run, do not count on their alignment, and expect NULL after a run that failed. */
void *pf_session_input_buffer(pf_session *session, size_t index);
const void *pf_session_output_buffer(const pf_session *session, size_t index);

/*
 * Runs once. `inputs` and `outputs` are arrays with one pointer for each input and output; a NULL entry, or a NULL
 * array, means the session's own buffer. The caller's input buffers are only read. Buffers must not overlap. Allocates
 * nothing.
 *
 * The session's threads are awake for the length of the run and asleep between runs. They may run on the processors of
 * the session's `cpus`, or those that the calling thread may run on, except, where there are enough, the one that it is
 * running on. They block all signals but those that a fault of their own raises (SIGSEGV, SIGBUS, SIGFPE, SIGILL,
 * SIGTRAP, SIGSYS).
 */
pf_status pf_session_run(pf_session *session, const void *const *inputs, void *const *outputs, pf_error *error);

/* Ends the run that is under way, within milliseconds: pf_session_run then returns PF_ERROR_CANCELLED, what is in the
 * output buffers means nothing, and the session may be run again. It is for the run in progress only: where there is
 * none, or it is as good as done, it does nothing, to later runs neither. A caller that waits for a run to end calls it
 * again until that has returned. Any thread may call it, and a signal handler, as long as the session is not destroyed
 * meanwhile: it is one lock-free exchange. An OpenCL device finishes the kernels that it has been given. NULL is
 * ignored. */
void pf_session_cancel(pf_session *session);

/* Writes an 8-bit RGB image (interleaved, `row_bytes` from row to row, at least 3 * width) of any size into image
 * `batch_index` of the session's own buffer of input `input_index`, as the model's preprocessing says. Sides are at
 * most 65536 pixels. Reads nothing past the last row's last pixel, but may read what lies between rows. Allocates
 * nothing.
 *
 * Resizing is Pillow's `resize(..., BILINEAR)` to the bit, the rows first and then the columns, on every processor and
 * with any number of threads. (Pillow 13 resizes the columns of some images first; pixels then differ by one of 255 at
 * most.) Large images wake the session's threads for the length of the call, as a run does; not at the same time as a
 * run of this session. */
pf_status pf_session_load_image(pf_session *session, size_t input_index, size_t batch_index, const uint8_t *rgb,
                                size_t width, size_t height, size_t row_bytes, pf_error *error);

typedef struct pf_session_info {
  size_t struct_size;
  const char *isa;         /* "avx512", "neon", ... */
  int32_t threads;
  size_t activation_bytes; /* peak: all intermediate tensors as planned, inputs and outputs in the session included */
  size_t live_bytes;       /* lower bound for that: the largest set of tensors alive at one step */
  size_t workspace_bytes;  /* scratch of the kernels, all threads */
  size_t total_bytes;      /* all that the session took from its allocator or block */
} pf_session_info;
#define PF_SESSION_INFO_INIT { sizeof(pf_session_info), NULL, 0, 0, 0, 0, 0 }

pf_status pf_session_get_info(const pf_session *session, pf_session_info *info);

/* One step of the plan. `nanoseconds` is of the last run, 0 unless the session was created with `profile`. */
typedef struct pf_step_info {
  size_t struct_size;
  const char *name;
  const char *operation;
  int32_t layer; /* index for pf_model_layer_info, or -1 */
  uint64_t macs; /* of all images: multiply-adds, or of other operations what takes about as long as one: 1 for an
                  * element that is copied or computed from one or two others, 3 for one of a softmax, 4 for one of a
                  * linear resize, as many as the window has places for one of a pool or normalisation, and for
                  * reductions as many as there are elements to reduce */
  uint64_t nanoseconds;
  const char *kernel; /* how it is computed: "direct", "depthwise", "pool", ..., "host" where an OpenCL device has no
                       * kernel and the CPU computes it, "view" where there is nothing to do, "fused" where the step
                       * behind it does it, to which `macs`, `bytes` and `nanoseconds` are counted */
  uint64_t bytes;     /* of its inputs, constants and output as they lie in memory, for all images; 0 for a view */
} pf_step_info;
#define PF_STEP_INFO_INIT { sizeof(pf_step_info), NULL, NULL, 0, 0, 0, NULL, 0 }

size_t pf_session_step_count(const pf_session *session);
pf_status pf_session_step_info(const pf_session *session, size_t index, pf_step_info *info);

/* ---- Experimental ---------------------------------------------------------------------------------------------------
 *
 * What may change or go in any release, the next patch too. A program asks for it with
 *
 *     #define PREFACTOR_EXPERIMENTAL
 *
 * before it includes this header; programs that do not are what the soname stands for. Experimental too, though they
 * cannot stand here: the backend PF_BACKEND_OPENCL and the members of pf_session_options that say so, and the
 * environment's PREFACTOR_ALGORITHM.
 */
#ifdef PREFACTOR_EXPERIMENTAL

/* A device of this machine. Texts are cut to their room. */
typedef struct pf_device_info {
  size_t struct_size;
  char name[128], platform[128];
  char version[128], driver[128];
  int32_t is_gpu;               /* otherwise the CPU */
  int32_t shares_memory;        /* with the CPU: weights and activations are not copied */
  int32_t half_arithmetic;      /* it multiplies half-precision numbers (cl_khr_fp16) */
  int32_t compute_units;
  uint64_t memory_bytes;
  uint64_t largest_buffer_bytes;/* neither a model's file nor all activations of a session may be larger */
  uint64_t local_bytes;
  uint64_t largest_work_group;
} pf_device_info;
#define PF_DEVICE_INFO_INIT { sizeof(pf_device_info), {0}, {0}, {0}, {0}, 0, 0, 0, 0, 0, 0, 0, 0 }

/* How many devices a backend has, and one of them; `error` may be NULL. For PF_BACKEND_OPENCL the OpenCL library is
 * looked for each time: the one that the environment's PREFACTOR_OPENCL_LIBRARY names, or else the first of the usual
 * ones. PF_ERROR_BACKEND when there is none, when it fails, or when this library was built without OpenCL (sessions are
 * PF_ERROR_UNSUPPORTED then); no device is no error. PF_ERROR_INVALID_ARGUMENT for a number that is no backend, and for
 * one of no device. The CPU is no device, and its backend has none. Any thread may ask. */
pf_status pf_device_count(pf_backend backend, size_t *count, pf_error *error);
pf_status pf_device_get_info(pf_backend backend, size_t index, pf_device_info *info, pf_error *error);

#endif /* PREFACTOR_EXPERIMENTAL */

#ifdef __cplusplus
}
#endif
#endif
