export default n => n
