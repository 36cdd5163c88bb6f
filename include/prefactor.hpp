// prefactor.hpp - RAII wrappers of prefactor.h for C++17. It is header-only and adds no features. It throws
// prefactor::Error where C returns a status.
//
//     prefactor::Model model("net.pfmodel");
//     prefactor::Session session(model);
//     session.load_image(rgb, width, height);
//     session.run();
//     const float *scores = session.output<float>(0);
#ifndef PREFACTOR_HPP
#define PREFACTOR_HPP

#include <prefactor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace prefactor {

class Error : public std::runtime_error {
public:
  explicit Error(const pf_error &error) : std::runtime_error(error.message), status_(error.status) {}
  explicit Error(pf_status status) : std::runtime_error(pf_status_name(status)), status_(status) {}
  pf_status status() const noexcept { return status_; }

private:
  pf_status status_;
};

namespace detail {
// Calls `function` with the arguments and a pf_error, and throws that error if the call fails.
template <typename Function, typename... Arguments>
void check(Function function, Arguments... arguments) {
  pf_error error;
  if (function(arguments..., &error) != PF_OK) throw Error(error);
}
inline void check(pf_status status) {
  if (status != PF_OK) throw Error(status);
}
template <typename Function, typename Handle>
pf_tensor_info info(Function function, const Handle *handle, std::size_t index) {
  pf_tensor_info result = PF_TENSOR_INFO_INIT;
  check(function(handle, index, &result));
  return result;
}
} // namespace detail

// An open model. It is movable. Destroy its sessions before it.
class Model {
public:
  explicit Model(const std::string &path, const pf_model_options *options = nullptr) {
    pf_model *model = nullptr;
    detail::check(pf_model_open_file, path.c_str(), options, &model);
    handle_.reset(model);
  }
  // Uses the bytes in place: they must be aligned to 64 bytes and outlive the model.
  Model(const void *data, std::size_t length, const pf_model_options *options = nullptr) {
    pf_model *model = nullptr;
    detail::check(pf_model_open_memory, data, length, options, &model);
    handle_.reset(model);
  }

  std::size_t input_count() const noexcept { return pf_model_input_count(get()); }
  std::size_t output_count() const noexcept { return pf_model_output_count(get()); }
  pf_tensor_info input_info(std::size_t index) const { return detail::info(pf_model_input_info, get(), index); }
  pf_tensor_info output_info(std::size_t index) const { return detail::info(pf_model_output_info, get(), index); }

  std::vector<std::string> labels() const {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < pf_model_label_count(get()); i++) result.emplace_back(pf_model_label(get(), i));
    return result;
  }
  std::vector<pf_layer_info> layers() const {
    std::vector<pf_layer_info> result(pf_model_layer_count(get()), pf_layer_info PF_LAYER_INFO_INIT);
    for (std::size_t i = 0; i < result.size(); i++) detail::check(pf_model_layer_info(get(), i, &result[i]));
    return result;
  }

  pf_model *get() const noexcept { return handle_.get(); }

private:
  struct Close { void operator()(pf_model *model) const noexcept { pf_model_close(model); } };
  std::unique_ptr<pf_model, Close> handle_;
};

// A session, for one thread at a time. The model must outlive it.
class Session {
public:
  explicit Session(const Model &model, const pf_session_options *options = nullptr) {
    pf_session *session = nullptr;
    detail::check(pf_session_create, model.get(), options, &session);
    handle_.reset(session);
  }

  // `shapes` has a shape for each of the first inputs. A dimension of 0 or -1, or an input with the shape {}, has the
  // size that it would have without.
  Session(const Model &model, const std::vector<std::vector<std::int64_t>> &shapes,
          pf_session_options options = PF_SESSION_OPTIONS_INIT) {
    std::vector<pf_input_shape> inputs(shapes.size());
    for (std::size_t i = 0; i < shapes.size(); i++) {
      inputs[i].rank = static_cast<std::int32_t>(shapes[i].size());
      for (std::size_t k = 0; k < shapes[i].size() && k < PF_MAX_RANK; k++) inputs[i].dims[k] = shapes[i][k];
    }
    options.input_shapes = inputs.data();
    options.input_shape_count = inputs.size();
    pf_session *session = nullptr;
    detail::check(pf_session_create, model.get(), &options, &session);
    handle_.reset(session);
  }

  pf_tensor_info input_info(std::size_t index) const { return detail::info(pf_session_input_info, get(), index); }
  pf_tensor_info output_info(std::size_t index) const { return detail::info(pf_session_output_info, get(), index); }

  template <typename Element>
  Element *input(std::size_t index) { return static_cast<Element *>(pf_session_input_buffer(get(), index)); }
  template <typename Element>
  const Element *output(std::size_t index) const {
    return static_cast<const Element *>(pf_session_output_buffer(get(), index));
  }

  void load_image(const std::uint8_t *rgb, std::size_t width, std::size_t height, std::size_t row_bytes = 0,
                  std::size_t input = 0, std::size_t batch_index = 0) {
    detail::check(pf_session_load_image, get(), input, batch_index, rgb, width, height,
                  row_bytes ? row_bytes : 3 * width);
  }
  void run() { run(nullptr, nullptr); }
  void run(const void *const *inputs, void *const *outputs) { detail::check(pf_session_run, get(), inputs, outputs); }
  // Call this from another thread: the run in progress throws an Error with PF_ERROR_CANCELLED.
  void cancel() noexcept { pf_session_cancel(get()); }

  std::vector<pf_step_info> steps() const {
    std::vector<pf_step_info> result(pf_session_step_count(get()), pf_step_info PF_STEP_INFO_INIT);
    for (std::size_t i = 0; i < result.size(); i++) detail::check(pf_session_step_info(get(), i, &result[i]));
    return result;
  }

  pf_session *get() const noexcept { return handle_.get(); }

private:
  struct Destroy { void operator()(pf_session *session) const noexcept { pf_session_destroy(session); } };
  std::unique_ptr<pf_session, Destroy> handle_;
};

} // namespace prefactor
#endif
